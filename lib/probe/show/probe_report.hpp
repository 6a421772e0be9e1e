// The result of `meshdrill probe`, as text for a person, as JSON for a program, as metrics for Prometheus.
#pragma once

#include "probe/prober.hpp"
#include "probe/statistics/balance.hpp"
#include "probe/statistics/condition.hpp"
#include "probe/statistics/summary.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::probe {

// Balance, for each of the layers that choose. Empty where nothing was there to choose from.
struct BalanceFindings {
  std::map<LookupKey, BalanceVerdict> dns_order;  // which address DNS names first; the unit is a lookup
  // Which cluster the mesh picks behind each address (pinned streams).
  std::map<IpAddress, BalanceVerdict> behind;
  // Which cluster answers clients that follow DNS: both choices together.
  std::optional<BalanceVerdict> following_dns;

  [[nodiscard]] std::vector<const BalanceVerdict*> all() const;
  // There is something to judge, and all of it is judged.
  [[nodiscard]] bool sure() const;
  // Of all of them.
  [[nodiscard]] std::uint64_t connections() const;
};

// What is asked of a run besides the bare numbers.
struct Questions {
  BalanceRule rule{};
  std::map<std::string, double> weights{};  // by cluster: what share of the connections; empty: equal ones
  std::vector<Condition> conditions{};
  // The verdicts at the moment when they were certain, which a few more connections must not undo.
  std::optional<BalanceFindings> sure{};
};

// The clusters that should answer: those of the rule; without names in it, those of the weights, and else
// those that answered.
std::vector<std::string> expected_clusters(const ProbeConfig& config, const Summary& summary,
                                           const Questions& questions);

BalanceFindings judge_layers(const Run& run, const Summary& summary, const std::vector<std::string>& clusters,
                             const Questions& questions);

// A summary with everything that was concluded from it.
struct ProbeReport {
  ProbeConfig config;
  Run run;
  Summary summary;
  std::vector<StreamSummary> streams;  // of the summary
  std::vector<std::string> clusters;   // as expected_clusters()
  Questions questions;
  BalanceFindings balance;
  std::vector<ConditionResult> conditions;
};

enum class ProbeResult {
  passed,        // every condition holds; without conditions: every request was answered by a known cluster
  failed,        // at least one does not; at least one was not
  inconclusive,  // no condition fails, but at least one cannot be told from so few requests
  not_measured,  // no request says anything about the system: none was sent
};
std::string_view to_string(ProbeResult result);

ProbeReport conclude(ProbeConfig config, Run run, Summary summary, Questions questions = {});
ProbeResult result_of(const ProbeReport& report);

// Ends in a newline. Text from servers is made printable.
std::string to_text(const ProbeReport& report);
// One JSON object; docs/reference/probe-report.schema.json describes it. Durations are in µs.
std::string to_json(const ProbeReport& report);

}  // namespace meshdrill::probe
