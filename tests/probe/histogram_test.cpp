#include "probe/histogram.hpp"

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

TEST_CASE("an empty histogram answers zero") {
  CHECK(Histogram{}.quantile(0.5) == microseconds{0});
  CHECK(Histogram{}.min() == microseconds{0});
}

}  // namespace
}  // namespace meshdrill::probe
