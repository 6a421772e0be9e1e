// Whether two samples differ by more than chance makes them: intervals for one and for the difference of two.
#pragma once

#include "probe/statistics/histogram.hpp"

#include <cstdint>

namespace meshdrill::report {

struct Interval {
  double low = 0;
  double high = 0;
};
inline bool disjoint(const Interval& a, const Interval& b) {
  return a.high < b.low || b.high < a.low;
}

// The quantile of the standard normal distribution that `tests` two-sided tests need to be wrong together
// with at most probability `error` (Bonferroni). `error` in (0, 1), `tests` at least 1.
double critical_value(double error, std::size_t tests);

struct Share {
  std::uint64_t successes = 0;
  std::uint64_t n = 0;
};

// Of the true share: Wilson's score interval (JASA 22, 1927); [0, 1] when n is 0.
Interval share_interval(const Share& share, double z);

// Of the difference of two true shares, `now` - `before`: Newcombe's hybrid score interval (Statistics in
// Medicine 17, 1998, method 10). [-1, 1] when either n is 0.
Interval difference_interval(const Share& before, const Share& now, double z);

// Of a quantile of the distribution, in microseconds, from the ranks that bound it (Conover, Practical
// Nonparametric Statistics, 3.2), widened by what the histogram's buckets round. Needs a value.
Interval quantile_interval(const probe::Histogram& histogram, double part, double z);

}  // namespace meshdrill::report
