#include "drill/checks.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using probe::Offset;

// A cluster counts as silent when it had this small a chance of being missed by luck.
constexpr double miss_probability = 1e-6;
// Fewer requests than this say nothing about an error share.
constexpr std::uint64_t least_requests = 50;
// More requests than this share that we failed to send ourselves, and we were not a witness.
constexpr double most_unsent = 0.05;

std::string percent(double share) {
  return fmt::format("{:.4g} %", std::round(share * 1e5) / 1e3);
}

struct Requests {
  std::uint64_t evidence = 0;
  std::uint64_t ok = 0;
  std::uint64_t unsent = 0;
  [[nodiscard]] std::uint64_t failed() const { return evidence - ok; }
};

Requests count_requests(const probe::Cell& cell) {
  Requests requests;
  requests.ok = cell.ok();
  for (std::size_t i = 0; i < probe::outcome_count; ++i) {
    const bool evidence = probe::is_evidence(static_cast<probe::Outcome>(i));
    (evidence ? requests.evidence : requests.unsent) += cell.outcomes.at(i);
  }
  return requests;
}

// "HTTP status not 2xx 120, connection refused 3": the commonest first.
std::string reasons(const std::array<std::uint64_t, probe::outcome_count>& outcomes) {
  std::vector<std::pair<std::uint64_t, std::size_t>> counts;
  for (std::size_t i = 1; i < outcomes.size(); ++i) {
    if (outcomes.at(i) > 0) counts.emplace_back(outcomes.at(i), i);
  }
  std::sort(counts.rbegin(), counts.rend());
  std::string text;
  for (const auto& [count, outcome] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        probe::describe(static_cast<probe::Outcome>(outcome)), count);
  }
  return text;
}

using Connections = std::map<std::string, std::uint64_t>;  // by cluster

// The clusters that should answer in `phase`, with their ready endpoints as weights and those of `seen` as
// counts.
std::vector<probe::ClusterCount> expected_clusters(const History& history, Phase phase,
                                                   const Connections& seen) {
  std::vector<probe::ClusterCount> clusters;
  for (const ClusterInfo& cluster : history.clusters) {
    const auto ready = history.ready_before.find(cluster.name);
    if (ready == history.ready_before.end() || ready->second == 0) continue;
    if (phase == Phase::hold && cluster.name == history.target()) continue;
    const auto connections = seen.find(cluster.name);
    clusters.push_back({cluster.name, connections == seen.end() ? 0 : connections->second,
                        static_cast<double>(ready->second)});
  }
  return clusters;
}

// Who answered the connections of pinned streams, behind each address.
std::map<IpAddress, Connections> connections_by_address(const History& history, const probe::Tally& tally) {
  std::map<IpAddress, Connections> addresses;
  for (const probe::Stream& stream : history.streams) {
    if (stream.address) addresses[*stream.address];
  }
  for (const auto& [key, cell] : tally.cells()) {
    if (key.kind == probe::StreamKind::pinned && key.address)
      (addresses[*key.address])[key.cluster] += cell.connections;
  }
  return addresses;
}

Outcome outcome_of(probe::Balance balance) {
  switch (balance) {
    case probe::Balance::balanced:
      return Outcome::pass;
    case probe::Balance::unbalanced:
      return Outcome::fail;
    case probe::Balance::not_enough_data:
      break;
  }
  return Outcome::inconclusive;
}

// "balanced over 842 connections: lab-001 49.05 % and lab-002 50.95 %, 50 % each expected"
std::string describe(const probe::BalanceVerdict& verdict) {
  std::vector<std::string> shares;
  std::vector<std::string> expected;
  for (const probe::ClusterShare& share : verdict.shares) {
    shares.push_back(fmt::format("{} {}", share.cluster, percent(share.observed)));
    expected.push_back(percent(share.expected));
  }
  const bool equal =
      std::all_of(expected.begin(), expected.end(), [&](const auto& e) { return e == expected.front(); });
  std::string text = fmt::format("{} over {}: {}, {} expected", probe::describe(verdict.verdict),
                                 plural(verdict.connections, "connection"), join_words(shares),
                                 equal ? expected.front() + " each" : join_words(expected));
  if (verdict.verdict == probe::Balance::not_enough_data) {
    text += fmt::format("; it takes about {}", plural(verdict.connections_needed, "connection"));
  }
  return text;
}

}  // namespace

Check check_every_cluster_seen(const History& history, const PhaseRecord& phase) {
  const auto expected =
      expected_clusters(history, phase.phase, phase.tally.connections(probe::StreamKind::pinned));
  std::uint64_t connections = 0;
  double weight = 0;
  for (const auto& cluster : expected) {
    connections += cluster.connections;
    weight += cluster.weight;
  }
  std::vector<std::string> missing;
  double luck = 0;
  for (const auto& cluster : expected) {
    if (cluster.connections > 0) continue;
    missing.push_back(cluster.cluster);
    luck = std::max(luck, std::pow(1 - cluster.weight / weight, static_cast<double>(connections)));
  }
  const auto verdict = missing.empty()                              ? Outcome::pass
                       : connections > 0 && luck < miss_probability ? Outcome::fail
                                                                    : Outcome::inconclusive;
  if (expected.empty())
    return {phase.phase, "everyClusterSeen", Outcome::inconclusive, "no cluster has ready endpoints"};
  return {phase.phase, "everyClusterSeen", verdict,
          missing.empty()
              ? fmt::format("{} answered, over {}",
                            expected.size() == 1 ? expected.front().cluster
                                                 : fmt::format("all {} clusters", expected.size()),
                            plural(connections, "connection"))
              : fmt::format("{} never answered, over {}", join_words(missing),
                            plural(connections, "connection"))};
}

// Behind each address apart: pooled, an ingress that serves its own cluster alone would look balanced.
Check check_balance(const History& history, const PhaseRecord& phase, const probe::BalanceRule& rule) {
  Check worst{phase.phase, "balance", Outcome::inconclusive, "no address was asked"};
  std::optional<int> severity;
  for (const auto& [address, connections] : connections_by_address(history, phase.tally)) {
    const auto expected = expected_clusters(history, phase.phase, connections);
    if (expected.empty()) {
      worst.sentence = "no cluster has ready endpoints";
      return worst;
    }
    const probe::BalanceVerdict verdict = probe::judge_balance(expected, rule);
    const Outcome outcome = outcome_of(verdict.verdict);
    const int now = outcome == Outcome::fail ? 2 : outcome == Outcome::inconclusive ? 1 : 0;
    if (severity && now <= *severity) continue;
    severity = now;
    worst.outcome = outcome;
    worst.sentence = fmt::format("behind {}, {} (±{:g} points)", to_string(address), describe(verdict),
                                 rule.tolerance * 100);
  }
  return worst;
}

Check check_errors(const PhaseRecord& phase, double limit) {
  const probe::Cell sum = phase.tally.sum();
  const Requests requests = count_requests(sum);
  if (requests.evidence < least_requests) {
    return {phase.phase, "errors", Outcome::inconclusive,
            fmt::format("only {} were sent, too few to tell", plural(requests.evidence, "request"))};
  }
  const double share = static_cast<double>(requests.failed()) / static_cast<double>(requests.evidence);
  const std::string why = requests.failed() == 0 ? std::string{} : fmt::format(": {}", reasons(sum.outcomes));
  return {phase.phase, "errors", share <= limit ? Outcome::pass : Outcome::fail,
          fmt::format("{} of {} failed, {} (at most {}){}", requests.failed(),
                      plural(requests.evidence, "request"), percent(share), percent(limit), why)};
}

Check check_outage(const History& history, Phase phase, Offset from, Offset to, Duration limit) {
  const std::string allowed = format_duration(limit);
  const probe::Outage* worst = nullptr;
  for (const auto& stream : history.outages) {
    for (const probe::Outage& outage : stream) {
      if (outage.first_bad < from || outage.first_bad >= to) continue;
      if (worst == nullptr || outage.bounds().lower > worst->bounds().lower) worst = &outage;
    }
  }
  if (worst == nullptr) {
    const bool sampled = !history.streams.empty() && history.phase(phase) != nullptr;
    return {phase, "outage", sampled ? Outcome::pass : Outcome::inconclusive,
            fmt::format("none seen on any stream (at most {})", allowed)};
  }
  const probe::Bounds bounds = worst->bounds();
  const std::string upper = bounds.upper ? format_duration(*bounds.upper) : "the end of the record";
  const std::string& stream = history.streams[static_cast<std::size_t>(worst->stream)].name;
  const auto outcome = bounds.lower > limit                     ? Outcome::fail
                       : bounds.upper && *bounds.upper <= limit ? Outcome::pass
                                                                : Outcome::inconclusive;
  return {phase, "outage", outcome,
          fmt::format("the longest lasted between {} and {} (at most {}), a {} on {}: {}",
                      format_duration(bounds.lower), upper, allowed, probe::to_string(worst->kind), stream,
                      worst->failed == 0 ? "slow answers" : reasons(worst->reasons))};
}

Check check_target_share(const History& history, const PhaseRecord& phase, double limit) {
  const std::string& target = history.target();
  const auto answers = phase.tally.sum().ok();
  if (answers == 0) return {phase.phase, "targetShare", Outcome::inconclusive, "nobody answered at all"};
  const auto from_target =
      phase.tally.sum([&](const probe::CellKey& key) { return key.cluster == target; }).ok();
  const double share = static_cast<double>(from_target) / static_cast<double>(answers);
  return {phase.phase, "targetShare", share <= limit ? Outcome::pass : Outcome::fail,
          fmt::format("{} answered {} of {}, {} (at most {})", target, from_target,
                      plural(answers, "request"), percent(share), percent(limit))};
}

Check check_fault(const History& history) {
  const std::string& target = history.target();
  if (!history.faulted)
    return {Phase::fail, "fault", Outcome::inconclusive, "the scale-down was not acknowledged"};
  if (!history.target_drained) {
    return {Phase::fail, "fault", Outcome::inconclusive,
            fmt::format("{}'s endpoints were never seen to go to 0, so it is not proved that anything failed",
                        target)};
  }
  const probe::Offset took = std::max(*history.target_drained - *history.faulted, probe::Offset::zero());
  return {Phase::fail, "fault", Outcome::pass,
          fmt::format("{}'s endpoints were gone {} after the scale-down was acknowledged", target,
                      format_duration(took))};
}

Check check_observer(const PhaseRecord& phase) {
  const Requests requests = count_requests(phase.tally.sum());
  const std::uint64_t planned = requests.evidence + requests.unsent;
  if (planned == 0) return {phase.phase, "observer", Outcome::inconclusive, "not one request was planned"};
  const double unsent = static_cast<double>(requests.unsent) / static_cast<double>(planned);
  return {phase.phase, "observer", unsent <= most_unsent ? Outcome::pass : Outcome::inconclusive,
          fmt::format("{} of {} were sent", requests.evidence, plural(planned, "planned request"))};
}

}  // namespace meshdrill::drill
