// A histogram of durations with at most 1 % error in any quantile, from 1 µs to 1 h, in bounded memory.
// Layout as in HdrHistogram: exact below 128 µs, then 64 equal buckets for each power of two.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace meshdrill::probe {

class Histogram {
 public:
  using Value = std::chrono::microseconds;
  static constexpr Value highest = std::chrono::hours{1};

  // Below zero counts as zero, over `highest` as `highest`.
  void add(Value value, std::uint64_t times = 1);
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Value sum() const { return sum_; }                                // exact
  [[nodiscard]] Value min() const { return count_ == 0 ? Value::zero() : min_; }  // exact
  [[nodiscard]] Value max() const { return max_; }                                // exact
  // The smallest value that at least this part (0 to 1) of all values do not exceed; zero when empty. 0 and 1
  // are exact.
  [[nodiscard]] Value quantile(double part) const;

  // How many values are over `limit`; those within 1 % of it may count on either side.
  [[nodiscard]] std::uint64_t count_over(Value limit) const;

  // Calls visit(low, high, count) for each bucket that holds something, rising; values v with low <= v <=
  // high.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      if (counts_[bucket] != 0) visit(lowest_of(bucket), lowest_of(bucket + 1) - Value{1}, counts_[bucket]);
    }
  }

  bool operator==(const Histogram&) const = default;

 private:
  static std::size_t bucket_of(Value value);
  static Value lowest_of(std::size_t bucket);

  std::vector<std::uint64_t> counts_;  // grows to the highest bucket used; never over 14 KiB
  std::uint64_t count_ = 0;
  Value sum_{};
  Value min_ = Value::max();
  Value max_{};
};

}  // namespace meshdrill::probe
