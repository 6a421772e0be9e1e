#include "probe/statistics/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using std::chrono::microseconds;

TEST_CASE("quantiles are within one percent of the exact ones over the whole range") {
  std::mt19937_64 random{7};
  std::uniform_real_distribution<double> exponent{0, std::log10(3.6e9)};  // 1 µs to 1 h, even on a log scale
  std::vector<microseconds> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    values.emplace_back(std::llround(std::pow(10, exponent(random))));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double part : {0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size()))) - 1;
    const auto exact = static_cast<double>(values[rank].count());
    const auto found = static_cast<double>(histogram.quantile(part).count());
    CHECK(std::abs(found - exact) <= 0.01 * exact);
  }
  CHECK(histogram.quantile(0) == values.front());
  CHECK(histogram.quantile(1) == values.back());
  CHECK(histogram.min() == values.front());
  CHECK(histogram.max() == values.back());
}

TEST_CASE("small values are exact") {
  Histogram histogram;
  for (int value = 0; value < 128; ++value) histogram.add(microseconds{value});
  for (int value = 0; value < 128; ++value) {
    CHECK(histogram.quantile((value + 1) / 128.0) == microseconds{value});
  }
}

TEST_CASE("buckets tile the range without gap or overlap") {
  Histogram histogram;
  std::vector<microseconds> starts;
  for (std::int64_t value = 1; value <= Histogram::highest.count();
       value += std::max<std::int64_t>(1, value / 200)) {
    histogram.add(microseconds{value});
  }
  histogram.add(Histogram::highest);
  microseconds next{1};
  std::uint64_t total = 0;
  histogram.for_each([&](microseconds low, microseconds high, std::uint64_t count) {
    CHECK(low == next);
    CHECK(high >= low);
    CHECK(static_cast<double>((high - low).count()) <= static_cast<double>(low.count()) / 63);
    next = high + microseconds{1};
    total += count;
  });
  CHECK(next > Histogram::highest);
  CHECK(total == histogram.count());
}

TEST_CASE("values beyond the range count at its ends") {
  Histogram histogram;
  histogram.add(microseconds{-5});
  histogram.add(std::chrono::hours{3});
  CHECK(histogram.min() == microseconds{0});
  CHECK(histogram.max() == Histogram::highest);
  CHECK(histogram.count() == 2);
}

TEST_CASE("merged histograms equal one that saw everything") {
  std::mt19937_64 random{1};
  std::uniform_int_distribution<int> value{0, 5'000'000};
  Histogram whole;
  Histogram parts[3];
  for (int i = 0; i < 3000; ++i) {
    const microseconds v{value(random)};
    whole.add(v);
    parts[i % 3].add(v);
  }
  Histogram merged;
  for (const Histogram& part : parts) merged.merge(part);
  CHECK(merged == whole);
  merged.merge(Histogram{});
  CHECK(merged == whole);
}

TEST_CASE("any set of values is within one percent in memory that does not grow") {
  std::mt19937_64 random{99};
  for (int set = 0; set < 50; ++set) {
    // Sets of different spread, from all alike to the whole range, with lumps.
    const double middle = std::uniform_real_distribution<double>{0, std::log10(3.6e9)}(random);
    const double spread = std::uniform_real_distribution<double>{0, 3}(random);
    std::normal_distribution<double> exponent{middle, spread};
    std::vector<microseconds> values;
    Histogram histogram;
    for (int i = 0; i < 500; ++i) {
      const double us = std::clamp(std::pow(10, exponent(random)), 1.0, 3.6e9);
      values.emplace_back(std::llround(us));
      histogram.add(values.back());
    }
    std::sort(values.begin(), values.end());
    for (int percent = 1; percent < 100; ++percent) {
      const auto rank = static_cast<std::size_t>(std::ceil(percent / 100.0 * 500 - 1e-9)) - 1;
      const auto exact = static_cast<double>(values[rank].count());
      const auto found = static_cast<double>(histogram.quantile(percent / 100.0).count());
      CHECK(std::abs(found - exact) <= 0.01 * exact);
    }
    microseconds sum{};
    for (const microseconds value : values) sum += value;
    CHECK(histogram.sum() == sum);
    std::size_t buckets = 0;
    histogram.for_each([&](microseconds, microseconds, std::uint64_t) { ++buckets; });
    CHECK(buckets <= 14 * 1024 / sizeof(std::uint64_t));
  }
}

TEST_CASE("those over a limit are counted to within its one percent") {
  Histogram histogram;
  for (int value = 1; value <= 1000; ++value) histogram.add(microseconds{value * 100});
  for (const int limit : {100, 1'000, 20'000, 55'500, 99'900}) {
    const auto over = static_cast<double>(histogram.count_over(microseconds{limit}));
    const double exact = 1000 - limit / 100;
    CHECK(std::abs(over - exact) <= 1 + 0.01 * limit / 100);
  }
  CHECK(histogram.count_over(microseconds{100'000}) == 0);
  CHECK(histogram.count_over(microseconds{0}) == 1000);
}

TEST_CASE("an empty histogram answers zero") {
  CHECK(Histogram{}.quantile(0.5) == microseconds{0});
  CHECK(Histogram{}.min() == microseconds{0});
}

}  // namespace
}  // namespace meshdrill::probe
