#include "probe/balance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>

namespace meshdrill::probe {
namespace {

constexpr std::array<std::string_view, 3> names{"balanced", "unbalanced", "not_enough_data"};
constexpr std::array<std::string_view, 3> descriptions{"balanced", "NOT balanced", "not enough data"};

// z such that K two-sided statements, each at this z, are all true with at least probability 1 - error
// (Bonferroni).
double simultaneous_z(double error, std::size_t statements) {
  return boost::math::quantile(boost::math::normal{}, 1 - error / (2 * static_cast<double>(statements)));
}

// Wilson's score interval; unlike Wald's it keeps its level near 0 and 1, where a dead cluster's share is.
void set_interval(ClusterShare& share, double n, double z) {
  const double p = share.observed;
  const double center = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  share.low = std::max(0.0, center - half);
  share.high = std::min(1.0, center + half);
}

double g_statistic(const std::vector<ClusterShare>& shares) {
  double g = 0;
  for (const ClusterShare& share : shares) {
    if (share.connections == 0) continue;
    if (share.expected <= 0)
      return std::numeric_limits<double>::infinity();  // an answer that had to be impossible
    g += 2 * static_cast<double>(share.connections) * std::log(share.observed / share.expected);
  }
  return std::max(0.0, g);
}

// Degrees of freedom: clusters that may answer, less one.
double p_value(double g, const std::vector<ClusterShare>& shares) {
  const auto possible = std::count_if(shares.begin(), shares.end(),
                                      [](const ClusterShare& share) { return share.expected > 0; });
  if (std::isinf(g)) return 0;
  if (possible < 2) return 1;
  return boost::math::cdf(
      boost::math::complement(boost::math::chi_squared{static_cast<double>(possible - 1)}, g));
}

Balance compare(const std::vector<ClusterShare>& shares, double tolerance) {
  bool all_inside = true;
  for (const ClusterShare& share : shares) {
    const double lowest = share.expected - tolerance;
    const double highest = share.expected + tolerance;
    if (share.high < lowest || share.low > highest) return Balance::unbalanced;
    if (share.low < lowest || share.high > highest) all_inside = false;
  }
  return all_inside ? Balance::balanced : Balance::not_enough_data;
}

}  // namespace

BalanceVerdict judge_balance(const std::vector<ClusterCount>& counts, const BalanceRule& rule) {
  BalanceVerdict result;
  result.rule = rule;
  double total_weight = 0;
  std::vector<double> weights;
  for (const ClusterCount& count : counts) {
    total_weight += count.weight;
    result.connections += count.connections;
    weights.push_back(count.weight);
  }
  result.connections_needed = connections_needed(weights, rule);
  const auto n = static_cast<double>(result.connections);
  const double z = simultaneous_z(1 - rule.confidence, std::max<std::size_t>(1, counts.size()));
  for (const ClusterCount& count : counts) {
    ClusterShare share{count.cluster, count.connections, count.weight / total_weight, 0, 0, 1};
    if (result.connections > 0) {
      share.observed = static_cast<double>(count.connections) / n;
      set_interval(share, n, z);
      result.largest_deviation =
          std::max(result.largest_deviation, std::abs(share.observed - share.expected));
    }
    result.shares.push_back(std::move(share));
  }
  if (result.connections == 0) return result;
  result.g = g_statistic(result.shares);
  result.p_value = p_value(result.g, result.shares);
  result.verdict = counts.size() == 1 ? Balance::balanced : compare(result.shares, rule.tolerance);
  return result;
}

std::uint64_t connections_needed(const std::vector<double>& weights, const BalanceRule& rule, double power) {
  if (weights.size() < 2) return 1;
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  // Every observed share must come to lie so near its expected one that the whole interval stays in the band:
  // the error of the interval and the scatter of the share, each over all clusters at once, have to fit into
  // the tolerance.
  const double z =
      simultaneous_z(1 - rule.confidence, weights.size()) + simultaneous_z(1 - power, weights.size());
  double variance = 0;
  for (const double weight : weights) {
    const double share = weight / total;
    variance = std::max(variance, share * (1 - share));
  }
  const double n = variance * z * z / (rule.tolerance * rule.tolerance);
  // Wilson's interval has a width of its own even for a share of 0: z² / (n + z²).
  const double z_interval = simultaneous_z(1 - rule.confidence, weights.size());
  const double floor = z_interval * z_interval * (1 - rule.tolerance) / rule.tolerance;
  return static_cast<std::uint64_t>(std::ceil(std::max(n, floor)));
}

std::string_view to_string(Balance verdict) {
  return names.at(static_cast<std::size_t>(verdict));
}
template <>
std::optional<Balance> from_string(std::string_view text) {
  return find_name<Balance>(names, text);
}
std::string_view describe(Balance verdict) {
  return descriptions.at(static_cast<std::size_t>(verdict));
}

}  // namespace meshdrill::probe
