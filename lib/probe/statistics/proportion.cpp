#include "probe/statistics/proportion.hpp"

#include <cmath>

#include <boost/math/distributions/beta.hpp>

namespace meshdrill::probe {

double lower_limit(std::uint64_t successes, std::uint64_t n, double error) {
  if (successes == 0 || n == 0) return 0;
  const auto k = static_cast<double>(successes);
  return boost::math::quantile(boost::math::beta_distribution<>{k, static_cast<double>(n) - k + 1}, error);
}

double upper_limit(std::uint64_t successes, std::uint64_t n, double error) {
  return n == 0 ? 1 : 1 - lower_limit(n - successes, n, error);
}

std::uint64_t samples_to_show(double share, double error) {
  // (1 - share)^n <= error
  return static_cast<std::uint64_t>(std::ceil(std::log(error) / std::log1p(-share) - 1e-9));
}

}  // namespace meshdrill::probe
