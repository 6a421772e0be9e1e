#include "probe/statistics/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace meshdrill::probe {
namespace {

constexpr std::uint64_t exact_below = 128;        // values under this have a bucket each
constexpr std::uint64_t buckets_per_octave = 64;  // width 1/64 of the octave: the middle is at most 0.8 % off

}  // namespace

std::size_t Histogram::bucket_of(Value value) {
  const auto v = static_cast<std::uint64_t>(value.count());
  if (v < exact_below) return v;
  const std::size_t octave = std::bit_width(v) - std::size_t{8};  // 0 for 128 … 255
  return exact_below + octave * buckets_per_octave + ((v >> (octave + 1)) - buckets_per_octave);
}

Histogram::Value Histogram::lowest_of(std::size_t bucket) {
  if (bucket < exact_below) return Value{bucket};
  const std::uint64_t octave = (bucket - exact_below) / buckets_per_octave;
  const std::uint64_t step = (bucket - exact_below) % buckets_per_octave;
  return Value{static_cast<Value::rep>((buckets_per_octave + step) << (octave + 1))};
}

void Histogram::add(Value value, std::uint64_t times) {
  if (times == 0) return;
  value = std::clamp(value, Value::zero(), highest);
  const std::size_t bucket = bucket_of(value);
  if (bucket >= counts_.size()) counts_.resize(bucket + 1);
  counts_[bucket] += times;
  count_ += times;
  sum_ += value * times;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

Histogram::Value Histogram::quantile(double part) const {
  if (count_ == 0 || part <= 0) return min();
  if (part >= 1) return max_;
  // The tiny subtraction keeps 0.9 of 10 at the 9th value, where the product comes out just above 9.
  const double wanted = std::max(1.0, std::ceil(part * static_cast<double>(count_) - 1e-9));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (static_cast<double>(seen) < wanted) continue;
    const Value middle = (lowest_of(bucket) + lowest_of(bucket + 1) - Value{1}) / 2;
    return std::clamp(middle, min_, max_);
  }
  return max_;
}

std::uint64_t Histogram::count_over(Value limit) const {
  if (max_ <= limit) return 0;
  std::uint64_t over = 0;
  for_each([&](Value low, Value high, std::uint64_t count) {
    if ((low + high) / 2 > limit) over += count;
  });
  return over;
}

}  // namespace meshdrill::probe
