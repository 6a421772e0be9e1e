#include "probe/show/probe_report.hpp"

#include <algorithm>
#include <array>

namespace meshdrill::probe {
namespace {

constexpr std::array<std::string_view, 4> result_names{"passed", "failed", "inconclusive", "not_measured"};

double weight_of(const Questions& questions, const std::string& cluster) {
  if (questions.weights.empty()) return 1;
  const auto found = questions.weights.find(cluster);
  return found == questions.weights.end() ? 0 : found->second;
}

// Over the cells that `wanted(key)` accepts: which of the clusters answered, counted in connections.
template <class Predicate>
BalanceVerdict judge_clusters(const Summary& summary, const std::vector<std::string>& clusters,
                              const Questions& questions, Predicate wanted) {
  std::vector<ClusterCount> counts;
  for (const std::string& cluster : clusters) {
    std::uint64_t connections = 0;
    for (const auto& [key, cell] : summary.tally().cells()) {
      if (key.cluster == cluster && wanted(key)) connections += cell.connections;
    }
    counts.push_back({cluster, connections, weight_of(questions, cluster)});
  }
  return judge_balance(counts, questions.rule);
}

// Which of the addresses in the latest answer came first, over all answers.
std::optional<BalanceVerdict> judge_order(const LookupSummary& lookup, const BalanceRule& rule) {
  std::map<IpAddress, std::uint64_t> times = lookup.first;
  for (const AddressRecord& record : lookup.last.records) times.try_emplace(record.address, 0);
  if (times.size() < 2) return std::nullopt;
  std::vector<ClusterCount> counts;
  for (const auto& [address, count] : times) counts.push_back({to_string(address), count, 1});
  return judge_balance(counts, rule);
}

// Whether streams ask this, rather than the prober itself now and then: those few lookups would never be
// enough to judge.
bool is_followed(const Run& run, const LookupKey& key) {
  return std::any_of(run.streams.begin(), run.streams.end(), [&](const Stream& stream) {
    if (stream.vantage != key.vantage) return false;
    return stream.kind == StreamKind::browser ||
           (stream.kind == StreamKind::following && stream.family == key.family);
  });
}

ProbeResult result_of_conditions(const ProbeReport& report) {
  ProbeResult result = ProbeResult::passed;
  for (const ConditionResult& condition : report.conditions) {
    if (condition.holds == Holds::no) return ProbeResult::failed;
    if (condition.holds == Holds::unknown) result = ProbeResult::inconclusive;
  }
  return result;
}

}  // namespace

std::vector<const BalanceVerdict*> BalanceFindings::all() const {
  std::vector<const BalanceVerdict*> result;
  for (const auto& [key, verdict] : dns_order) result.push_back(&verdict);
  for (const auto& [address, verdict] : behind) result.push_back(&verdict);
  if (following_dns) result.push_back(&*following_dns);
  return result;
}

bool BalanceFindings::sure() const {
  const auto verdicts = all();
  return !verdicts.empty() &&
         std::all_of(verdicts.begin(), verdicts.end(), [](const BalanceVerdict* verdict) {
           return verdict->verdict != Balance::not_enough_data;
         });
}

std::uint64_t BalanceFindings::connections() const {
  std::uint64_t sum = following_dns ? following_dns->connections : 0;
  for (const auto& [address, verdict] : behind) sum += verdict.connections;
  return sum;
}

std::vector<std::string> expected_clusters(const ProbeConfig& config, const Summary& summary,
                                           const Questions& questions) {
  if (!config.identify.clusters.empty()) return config.identify.clusters;
  std::set<std::string> names = summary.tally().clusters();
  for (const auto& [name, weight] : questions.weights) names.insert(name);
  for (const auto& [address, name] : config.identify.addresses) names.insert(name);
  return {names.begin(), names.end()};
}

BalanceFindings judge_layers(const Run& run, const Summary& summary, const std::vector<std::string>& clusters,
                             const Questions& questions) {
  BalanceFindings findings;
  for (const auto& [key, lookup] : summary.lookups()) {
    if (!is_followed(run, key)) continue;
    if (auto balance = judge_order(lookup, questions.rule))
      findings.dns_order.emplace(key, std::move(*balance));
  }
  const bool any_weight = std::any_of(clusters.begin(), clusters.end(), [&](const std::string& cluster) {
    return weight_of(questions, cluster) > 0;
  });
  if (clusters.size() < 2 || !any_weight) return findings;
  bool follows = false;
  for (const Stream& stream : run.streams) {
    follows = follows || stream.kind == StreamKind::following;
    if (!stream.address) continue;
    findings.behind.insert_or_assign(*stream.address,
                                     judge_clusters(summary, clusters, questions, [&](const CellKey& key) {
                                       return key.kind == StreamKind::pinned && key.address == stream.address;
                                     }));
  }
  if (follows) {
    findings.following_dns = judge_clusters(
        summary, clusters, questions, [](const CellKey& key) { return key.kind == StreamKind::following; });
  }
  return findings;
}

std::string_view to_string(ProbeResult result) {
  return result_names.at(static_cast<std::size_t>(result));
}

ProbeReport conclude(ProbeConfig config, Run run, Summary summary, Questions questions) {
  ProbeReport report{
      std::move(config), std::move(run), std::move(summary), {}, {}, std::move(questions), {}, {}};
  report.streams = report.summary.streams();
  report.clusters = expected_clusters(report.config, report.summary, report.questions);
  report.balance = report.questions.sure
                       ? *report.questions.sure
                       : judge_layers(report.run, report.summary, report.clusters, report.questions);
  const Evidence evidence{report.summary, report.streams, report.clusters, report.balance.all(),
                          report.questions.rule};
  for (const Condition& condition : report.questions.conditions) {
    report.conditions.push_back(judge(condition, evidence));
  }
  return report;
}

ProbeResult result_of(const ProbeReport& report) {
  const Cell all = report.summary.tally().sum();
  if (all.evidence() == 0) return ProbeResult::not_measured;
  if (!report.conditions.empty()) return result_of_conditions(report);
  // A request that was cut short by the user is no failure; one that we could not send leaves a hole, and is.
  const std::uint64_t cancelled = all.outcomes[static_cast<std::size_t>(Outcome::cancelled)];
  return all.ok() + cancelled == all.total() ? ProbeResult::passed : ProbeResult::failed;
}

}  // namespace meshdrill::probe
