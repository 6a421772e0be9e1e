#include "probe/statistics/balance.hpp"

#include <cmath>
#include <random>
#include <string>
#include <utility>

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

std::vector<ClusterCount> draw(std::mt19937_64& random, const std::vector<double>& truth, int connections) {
  std::discrete_distribution<std::size_t> pick(truth.begin(), truth.end());
  std::vector<ClusterCount> counts;
  for (std::size_t i = 0; i < truth.size(); ++i) counts.push_back({"c" + std::to_string(i), 0, 1});
  for (int i = 0; i < connections; ++i) ++counts[pick(random)].connections;
  return counts;
}

int times(Balance wanted, const std::vector<double>& truth, int connections, const BalanceRule& rule,
          int runs) {
  std::mt19937_64 random{99};
  int seen = 0;
  for (int run = 0; run < runs; ++run) {
    if (judge_balance(draw(random, truth, connections), rule).verdict == wanted) ++seen;
  }
  return seen;
}

TEST_CASE(
    "a fair split is called unbalanced more seldom than the confidence allows and never with many "
    "connections") {
  for (const int connections : {10, 50, 200, 1000, 5000}) {
    const int allowed = connections < 200 ? 20 : 1;  // 5 % of 400
    CHECK(times(Balance::unbalanced, {1, 1}, connections, {0.05}, 400) <= allowed);
    CHECK(times(Balance::unbalanced, {1, 1, 1}, connections, {0.05}, 400) <= allowed);
  }
}

TEST_CASE("a split at the edge of its band is called balanced in at most one run of twenty") {
  CHECK(times(Balance::balanced, {0.55, 0.45}, 3000, {0.05, 0.95}, 1000) <= 50);
  CHECK(times(Balance::balanced, {0.60, 0.40}, 3000, {0.05, 0.95}, 1000) == 0);
}

TEST_CASE("the number of connections needed gives a balanced verdict nine times in ten") {
  // Checked against a published table of n for the same question: K = 2, 3, 4 within 5 points, 95 %, power 90
  // %.
  CHECK(connections_needed({1, 1}, {0.05, 0.95}) == 1766);
  CHECK(connections_needed({1, 1, 1}, {0.05, 0.95}) == 1818);
  CHECK(connections_needed({1, 1, 1, 1}, {0.05, 0.95}) == 1685);
  for (const std::vector<double>& weights : {std::vector<double>{1, 1}, {1, 1, 1}, {1, 1, 1, 1}}) {
    const BalanceRule rule{0.10, 0.95};
    const auto needed = static_cast<int>(connections_needed(weights, rule));
    CHECK(times(Balance::balanced, weights, needed, rule, 500) >= 435);
    CHECK(times(Balance::balanced, weights, needed / 3, rule, 500) <= 100);
  }
}

TEST_CASE("the intervals hold all true shares at once as often as they say") {
  std::mt19937_64 random{5};
  for (const std::vector<double>& truth :
       {std::vector<double>{0.5, 0.5}, {0.7, 0.2, 0.1}, {0.25, 0.25, 0.25, 0.25}}) {
    int held = 0;
    for (int run = 0; run < 1000; ++run) {
      const auto verdict = judge_balance(draw(random, truth, 300));
      bool all = true;
      for (std::size_t i = 0; i < truth.size(); ++i) {
        all = all && verdict.shares[i].low <= truth[i] && truth[i] <= verdict.shares[i].high;
      }
      held += all ? 1 : 0;
    }
    CHECK(held >= 930);
  }
}

TEST_CASE("a dead cluster is seen with few connections") {
  const auto verdict = judge_balance({{"a", 30, 1}, {"b", 0, 1}});
  CHECK(verdict.verdict == Balance::unbalanced);
  CHECK(verdict.p_value < 1e-6);
  CHECK(verdict.largest_deviation == doctest::Approx(0.5));
}

TEST_CASE("too few connections are no verdict") {
  CHECK(judge_balance({{"a", 5, 1}, {"b", 5, 1}}).verdict == Balance::not_enough_data);
  const auto nothing = judge_balance({{"a", 0, 1}, {"b", 0, 1}});
  CHECK(nothing.verdict == Balance::not_enough_data);
  CHECK(nothing.p_value == 1);
  CHECK(nothing.connections_needed > 0);
}

TEST_CASE("weights set what is expected") {
  CHECK(judge_balance({{"a", 3000, 3}, {"b", 1000, 1}}).verdict == Balance::balanced);
  CHECK(judge_balance({{"a", 2000, 3}, {"b", 2000, 1}}).verdict == Balance::unbalanced);
}

TEST_CASE("answers from a cluster that should get nothing are impossible for the G-test") {
  const auto verdict = judge_balance({{"a", 900, 1}, {"b", 100, 0}}, {0.05});
  CHECK(verdict.verdict == Balance::unbalanced);
  CHECK(verdict.p_value == 0);
  CHECK(judge_balance({{"a", 900, 1}, {"b", 0, 0}}, {0.05}).verdict == Balance::balanced);
}

TEST_CASE("the p value is that of a G-test") {
  // G = 2 (60 ln 1.2 + 40 ln 0.8) = 4.0271; chi-squared with one degree of freedom: 0.0448
  const auto verdict = judge_balance({{"a", 60, 1}, {"b", 40, 1}});
  CHECK(verdict.g == doctest::Approx(4.0271).epsilon(0.001));
  CHECK(verdict.p_value == doctest::Approx(0.0448).epsilon(0.01));
}

TEST_CASE("a single cluster has nothing to balance") {
  CHECK(judge_balance({{"a", 1, 1}}).verdict == Balance::balanced);
  CHECK(judge_balance({{"a", 0, 1}}).verdict == Balance::not_enough_data);
}

// Looks at a growing sample every `step` connections up to `most`; the first verdict that is one, and after
// how many.
std::pair<Balance, int> first_verdict(std::mt19937_64& random, const std::vector<double>& truth,
                                      const BalanceRule& rule, int step, int most) {
  std::vector<ClusterCount> counts(truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) counts[i].cluster = std::to_string(i);
  std::discrete_distribution<std::size_t> pick(truth.begin(), truth.end());
  for (int n = 1; n <= most; ++n) {
    ++counts[pick(random)].connections;
    if (n % step != 0) continue;
    const Balance verdict = judge_balance(counts, rule).verdict;
    if (verdict != Balance::not_enough_data) return {verdict, n};
  }
  return {Balance::not_enough_data, most};
}

int runs_ending(Balance wanted, const std::vector<double>& truth, const BalanceRule& rule, int runs,
                int most) {
  std::mt19937_64 random{2024};
  int seen = 0;
  for (int run = 0; run < runs; ++run) {
    if (first_verdict(random, truth, rule, 20, most).first == wanted) ++seen;
  }
  return seen;
}

constexpr BalanceRule anytime{0.10, 0.95, BalanceMethod::anytime};

TEST_CASE("stopping as soon as it looks certain is wrong in at most one run of twenty") {
  // A share at the very edge of its band: either verdict is as wrong as it can be.
  CHECK(runs_ending(Balance::balanced, {0.601, 0.399}, anytime, 200, 3000) <= 10);
  CHECK(runs_ending(Balance::unbalanced, {0.599, 0.401}, anytime, 200, 3000) <= 10);
  // The fixed interval is not made for being looked at again and again.
  CHECK(runs_ending(Balance::balanced, {0.601, 0.399}, {0.10, 0.95}, 200, 3000) > 10);
}

TEST_CASE("until sure ends on fair and skewed and stuck balancers with the right verdict") {
  for (const std::vector<double>& fair : {std::vector<double>{1, 1}, {1, 1, 1}, {1, 1, 1, 1}}) {
    const auto needed = static_cast<int>(connections_needed(std::vector<double>(fair.size(), 1.0), anytime));
    CHECK(runs_ending(Balance::balanced, fair, anytime, 100, needed) >= 85);
    CHECK(runs_ending(Balance::unbalanced, fair, anytime, 100, needed) <= 5);
  }
  CHECK(runs_ending(Balance::unbalanced, {0.7, 0.3}, anytime, 100, 3000) >= 99);
  CHECK(runs_ending(Balance::unbalanced, {1, 0}, anytime, 100, 100) == 100);
}

TEST_CASE("the anytime intervals hold the true shares at every look") {
  std::mt19937_64 random{3};
  for (const std::vector<double>& truth : {std::vector<double>{0.5, 0.5}, {0.7, 0.2, 0.1}}) {
    int held = 0;
    for (int run = 0; run < 100; ++run) {
      std::discrete_distribution<std::size_t> pick(truth.begin(), truth.end());
      std::vector<ClusterCount> counts(truth.size());
      bool all = true;
      for (int n = 1; n <= 1000; ++n) {
        ++counts[pick(random)].connections;
        if (n % 25 != 0) continue;
        const auto verdict = judge_balance(counts, anytime);
        for (std::size_t i = 0; i < truth.size(); ++i)
          all = all && verdict.shares[i].low <= truth[i] && truth[i] <= verdict.shares[i].high;
      }
      held += all ? 1 : 0;
    }
    CHECK(held >= 95);
  }
}

TEST_CASE("the evidence against balance crosses its line in at most one balanced run of twenty") {
  std::mt19937_64 random{17};
  int alarms = 0;
  std::vector<int> until_alarm;
  for (int run = 0; run < 400; ++run) {
    std::uint64_t counts[2] = {0, 0};
    bool alarm = false;
    for (int n = 0; n < 5000; ++n) {
      ++counts[random() % 2];
      if (n % 10 == 9)
        alarm = alarm || balance_evidence({{"a", counts[0], 1}, {"b", counts[1], 1}}) >= std::log(20.0);
    }
    alarms += alarm ? 1 : 0;
  }
  CHECK(alarms <= 24);  // 5.0 % of 400, and two standard deviations
  // A dead one of two is noticed after 29 connections, as published for a prior of 100.
  std::uint64_t n = 0;
  while (balance_evidence({{"a", ++n, 1}, {"b", 0, 1}}) < std::log(20.0)) continue;
  CHECK(n == 29);
}

TEST_CASE("the G-test says when its sample is too small for it") {
  CHECK_FALSE(judge_balance({{"a", 4, 1}, {"b", 5, 1}}).g_is_valid);
  CHECK(judge_balance({{"a", 5, 1}, {"b", 5, 1}}).g_is_valid);
}

}  // namespace
}  // namespace meshdrill::probe
