// Is the traffic split as it should be? Balance is a claim of equivalence: it holds when the data show that
// every share lies within its expected value ± tolerance, and "not enough data" is an answer of its own.
#pragma once

#include "probe/names.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe {

struct ClusterCount {
  std::string cluster;
  std::uint64_t connections = 0;  // not requests: all requests on one connection are one draw
  double weight = 1;              // expected share relative to the others; 0: should get nothing
};

// What the intervals hold against.
enum class BalanceMethod {
  fixed,    // looked at once, after a number of connections that was not chosen by looking
  anytime,  // looked at as often as one likes, and stopped when one likes (wider)
};

struct BalanceRule {
  double tolerance = 0.10;   // absolute: 0.10 lets a share of 50 % be anything from 40 % to 60 %; in (0, 1)
  double confidence = 0.95;  // that all intervals together hold the true shares; in (0.5, 1)
  BalanceMethod method = BalanceMethod::fixed;
};

enum class Balance {
  balanced,         // every interval lies inside its band
  unbalanced,       // at least one interval lies wholly outside its band
  not_enough_data,  // neither: more connections would tell
};

struct ClusterShare {
  std::string cluster;
  std::uint64_t connections = 0;
  double expected = 0;  // 0 to 1
  double observed = 0;  // 0 to 1
  // The simultaneous interval of the true share, with Bonferroni's correction. Fixed: Wilson's. Anytime: the
  // confidence sequence of a beta-binomial mixture.
  double low = 0;
  double high = 1;
};

struct BalanceVerdict {
  Balance verdict = Balance::not_enough_data;
  BalanceRule rule;
  std::vector<ClusterShare> shares;  // in the order given
  std::uint64_t connections = 0;     // sample size
  double largest_deviation = 0;      // of an observed share from its expected one, absolute
  double g = 0;                      // statistic of the G-test against the expected shares
  double p_value = 1;                // its p value; 1 with nothing to compare
  bool g_is_valid = false;           // every cluster was expected at least 5 times
  // Evidence against exactly the expected shares, valid however often it is looked at: under balance it ever
  // comes to 1/x with at most probability x. log10 of balance_evidence().
  double log10_evidence = 0;
  std::uint64_t connections_needed = 0;  // see connections_needed()
};

// `counts` has each cluster once, at least one of positive weight; those that should answer but did not are
// in it with 0. With a single cluster there is nothing to balance: balanced as soon as there is one
// connection.
BalanceVerdict judge_balance(const std::vector<ClusterCount>& counts, const BalanceRule& rule = {});

// The e-process of Lindon and Malek ("Anytime-valid inference for multinomial count data", NeurIPS 2022):
// ln of the likelihood ratio of a Dirichlet mixture around the expected shares, worth `prior` connections,
// against those shares. -> infinity when a cluster of weight 0 answered.
double balance_evidence(const std::vector<ClusterCount>& counts, double prior = 100);

// How many connections it takes to call a split balanced with probability `power` when it truly is as
// expected.
std::uint64_t connections_needed(const std::vector<double>& weights, const BalanceRule& rule = {},
                                 double power = 0.9);

std::string_view to_string(Balance verdict);
template <>
std::optional<Balance> from_string(std::string_view text);
// "balanced", "NOT balanced", "not enough data": for a person.
std::string_view describe(Balance verdict);

}  // namespace meshdrill::probe
