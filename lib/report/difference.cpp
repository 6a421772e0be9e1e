#include "report/difference.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>

namespace meshdrill::report {

double critical_value(double error, std::size_t tests) {
  return boost::math::quantile(
      boost::math::complement(boost::math::normal{}, error / (2 * static_cast<double>(tests))));
}

Interval share_interval(const Share& share, double z) {
  if (share.n == 0) return {0, 1};
  const auto n = static_cast<double>(share.n);
  const double p = static_cast<double>(share.successes) / n;
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // None and all reach the ends, whatever rounding makes of it.
  return {share.successes == 0 ? 0.0 : std::max(0.0, (centre - half) / scale),
          share.successes == share.n ? 1.0 : std::min(1.0, (centre + half) / scale)};
}

Interval difference_interval(const Share& before, const Share& now, double z) {
  if (before.n == 0 || now.n == 0) return {-1, 1};
  const double p = static_cast<double>(now.successes) / static_cast<double>(now.n);
  const double q = static_cast<double>(before.successes) / static_cast<double>(before.n);
  const Interval of_now = share_interval(now, z);
  const Interval of_before = share_interval(before, z);
  return {p - q - std::hypot(p - of_now.low, of_before.high - q),
          p - q + std::hypot(of_now.high - p, q - of_before.low)};
}

Interval quantile_interval(const probe::Histogram& histogram, double part, double z) {
  const auto n = static_cast<double>(histogram.count());
  const double half = z * std::sqrt(n * part * (1 - part));
  const double low = std::clamp((n * part - half) / n, 0.0, 1.0);
  const double high = std::clamp((n * part + half + 1) / n, 0.0, 1.0);
  // A quantile of the histogram is at most 1 % off.
  return {0.99 * static_cast<double>(histogram.quantile(low).count()),
          1.01 * static_cast<double>(histogram.quantile(high).count())};
}

}  // namespace meshdrill::report
