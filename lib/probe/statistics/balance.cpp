#include "probe/statistics/balance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/special_functions/gamma.hpp>

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

double log_beta(double a, double b) {
  return boost::math::lgamma(a) + boost::math::lgamma(b) - boost::math::lgamma(a + b);
}

// ln of the likelihood ratio of a beta mixture, Beta(a, b), against the share p, after x of n.
class MixtureRatio {
 public:
  MixtureRatio(double x, double n, double a, double b)
      : x_(x), rest_(n - x), mixture_(log_beta(a + x, b + n - x) - log_beta(a, b)) {}

  [[nodiscard]] double against(double p) const {
    return mixture_ - (x_ > 0 ? x_ * std::log(p) : 0) - (rest_ > 0 ? rest_ * std::log1p(-p) : 0);
  }
  // Where it crosses `limit` between `inside`, where it is below, and `outside`.
  [[nodiscard]] double crossing(double inside, double outside, double limit) const {
    for (int step = 0; step < 40; ++step) {
      const double middle = (inside + outside) / 2;
      (against(middle) < limit ? inside : outside) = middle;
    }
    return outside;
  }

 private:
  double x_;
  double rest_;
  double mixture_;
};

// The mixture of the confidence sequences is fixed beforehand: centred on the expected share, and worth about
// an eighth of the connections that the question takes, where its interval is narrowest.
struct AnytimeMixture {
  double center = 0;
  double prior = 0;  // connections
  double limit = 0;  // ln of the likelihood ratio at which a share is ruled out

  AnytimeMixture(double expected, const BalanceRule& rule, std::size_t statements)
      : center(std::clamp(expected, 0.01, 0.99)) {
    const double error = (1 - rule.confidence) / static_cast<double>(statements);
    const double z = boost::math::quantile(boost::math::normal{}, 1 - error / 2);
    prior = std::max(1.0, center * (1 - center) * z * z / (rule.tolerance * rule.tolerance) / 8);
    limit = -std::log(error);
  }
};

// The shares that the data do not rule out at any time (Ville's inequality).
void set_anytime_interval(ClusterShare& share, double n, const AnytimeMixture& mixture) {
  const double a = mixture.prior * mixture.center;
  const double b = mixture.prior * (1 - mixture.center);
  const auto x = static_cast<double>(share.connections);
  constexpr double edge = 1e-12;
  const double peak = std::clamp(x / n, edge, 1 - edge);
  const MixtureRatio ratio{x, n, a, b};
  share.low = share.connections == 0 ? 0 : ratio.crossing(peak, edge, mixture.limit);
  share.high = x >= n ? 1 : ratio.crossing(peak, 1 - edge, mixture.limit);
}

// Connections after which the interval of the anytime method, by the normal approximation of its mixture,
// and the scatter of the share both fit into the tolerance.
double anytime_needed(double share, double power_z, const BalanceRule& rule, std::size_t statements) {
  const AnytimeMixture mixture{share, rule, statements};
  const double variance = mixture.center * (1 - mixture.center);
  const auto fits = [&](double n) {
    const double all = n + mixture.prior;
    const double half = std::sqrt(variance * all * (std::log(all / mixture.prior) + 2 * mixture.limit)) / n;
    return half + power_z * std::sqrt(variance / n) <= rule.tolerance;
  };
  double low = 1;
  double high = 2;
  while (!fits(high) && high < 1e12) high *= 2;
  while (high - low > 1) {
    const double middle = std::floor((low + high) / 2);
    (fits(middle) ? high : low) = middle;
  }
  return high;
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
      if (rule.method == BalanceMethod::fixed) {
        set_interval(share, n, z);
      } else {
        set_anytime_interval(share, n, AnytimeMixture{share.expected, rule, counts.size()});
      }
      result.largest_deviation =
          std::max(result.largest_deviation, std::abs(share.observed - share.expected));
    }
    result.shares.push_back(std::move(share));
  }
  if (result.connections == 0) return result;
  result.g = g_statistic(result.shares);
  result.p_value = p_value(result.g, result.shares);
  result.g_is_valid = std::all_of(result.shares.begin(), result.shares.end(), [&](const ClusterShare& share) {
    return share.expected <= 0 || share.expected * n >= 5;
  });
  result.log10_evidence = balance_evidence(counts) / std::log(10.0);
  result.verdict = counts.size() == 1 ? Balance::balanced : compare(result.shares, rule.tolerance);
  return result;
}

double balance_evidence(const std::vector<ClusterCount>& counts, double prior) {
  double total_weight = 0;
  double n = 0;
  for (const ClusterCount& count : counts) {
    total_weight += count.weight;
    n += static_cast<double>(count.connections);
  }
  double evidence = boost::math::lgamma(prior) - boost::math::lgamma(prior + n);
  for (const ClusterCount& count : counts) {
    const auto c = static_cast<double>(count.connections);
    if (count.connections == 0) continue;
    if (count.weight <= 0) return std::numeric_limits<double>::infinity();
    const double q = count.weight / total_weight;
    evidence += boost::math::lgamma(prior * q + c) - boost::math::lgamma(prior * q) - c * std::log(q);
  }
  return evidence;
}

std::uint64_t connections_needed(const std::vector<double>& weights, const BalanceRule& rule, double power) {
  if (weights.size() < 2) return 1;
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  const double power_z = simultaneous_z(1 - power, weights.size());
  if (rule.method == BalanceMethod::anytime) {
    double most = 1;
    for (const double weight : weights)
      most = std::max(most, anytime_needed(weight / total, power_z, rule, weights.size()));
    return static_cast<std::uint64_t>(most);
  }
  // Every observed share must come to lie so near its expected one that the whole interval stays in the band:
  // the error of the interval and the scatter of the share, each over all clusters at once, have to fit into
  // the tolerance.
  const double z = simultaneous_z(1 - rule.confidence, weights.size()) + power_z;
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
