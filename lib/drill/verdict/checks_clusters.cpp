// Which clusters answered, and in which shares.
#include "base/text.hpp"
#include "drill/verdict/checks.hpp"
#include "drill/verdict/checks_scope.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

// A cluster counts as silent when it had this small a chance of being missed by luck.
constexpr double miss_probability = 1e-6;

using Connections = std::map<std::string, std::uint64_t>;  // by cluster

// The clusters that should answer in `phase`, with their ready endpoints as weights and those of `seen` as
// counts.
std::vector<probe::ClusterCount> expected_clusters(const History& history, Phase phase,
                                                   const Connections& seen) {
  std::vector<probe::ClusterCount> clusters;
  for (const ClusterInfo& cluster : history.clusters) {
    const auto ready = history.ready_before.find(cluster.name);
    if (ready == history.ready_before.end() || ready->second == 0) continue;
    int weight = ready->second;
    if (phase == Phase::hold && cluster.name == history.target()) {
      if (history.target_silenced() || history.scenario.fault.kind == Fault::Kind::unshare) continue;
      if (history.scenario.fault.kind == Fault::Kind::scale) weight = history.left_ready;
    }
    const auto connections = seen.find(cluster.name);
    clusters.push_back(
        {cluster.name, connections == seen.end() ? 0 : connections->second, static_cast<double>(weight)});
  }
  return clusters;
}

// Who answered the connections of pinned streams, behind each address.
std::map<IpAddress, Connections> connections_by_address(const History& history, const PhaseRecord& phase) {
  std::map<IpAddress, Connections> addresses;
  for (const probe::Stream& stream : history.streams) {
    if (stream.address && in_scope(history, phase.phase, stream.address)) addresses[*stream.address];
  }
  for (const auto& [key, cell] : phase.tally.cells()) {
    const bool counts =
        key.kind == probe::StreamKind::pinned && key.address && in_scope(history, phase.phase, key.address);
    if (counts) (addresses[*key.address])[key.cluster] += cell.connections;
  }
  return addresses;
}

Connections all_connections(const History& history, const PhaseRecord& phase) {
  Connections sum;
  for (const auto& [address, connections] : connections_by_address(history, phase)) {
    for (const auto& [cluster, count] : connections) sum[cluster] += count;
  }
  return sum;
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
  const auto expected = expected_clusters(history, phase.phase, all_connections(history, phase));
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
  for (const auto& [address, connections] : connections_by_address(history, phase)) {
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

Check check_survivors(const History& history, const PhaseRecord& phase,
                      const std::vector<std::string>& names) {
  const Connections seen = all_connections(history, phase);
  std::vector<std::string> silent;
  for (const std::string& name : names) {
    const auto found = seen.find(name);
    if (found == seen.end() || found->second == 0) silent.push_back(name);
  }
  return {phase.phase, "survivors", silent.empty() ? Outcome::pass : Outcome::fail,
          silent.empty() ? fmt::format("{} answered", join_words(names))
                         : fmt::format("{} never answered", join_words(silent))};
}

// Of a Service that is no longer shared: of the connections made to the other clusters' addresses. Its own
// ingress keeps its own Pods, and a connection that was open stays where it is.
Check check_target_share(const History& history, const PhaseRecord& phase, double limit) {
  const std::string& target = history.target();
  const bool unshared = history.scenario.fault.kind == Fault::Kind::unshare;
  std::uint64_t all = 0;
  std::uint64_t from_target = 0;
  for (const auto& [key, cell] : phase.tally.cells()) {
    if (!in_scope(history, phase.phase, key.address)) continue;
    if (unshared && history.at_target(key.address)) continue;
    const std::uint64_t answers = unshared ? cell.connections : cell.ok();
    all += answers;
    if (key.cluster == target) from_target += answers;
  }
  if (all == 0) return {phase.phase, "targetShare", Outcome::inconclusive, "nobody answered at all"};
  const double share = static_cast<double>(from_target) / static_cast<double>(all);
  return {phase.phase, "targetShare", share <= limit ? Outcome::pass : Outcome::fail,
          fmt::format("{} answered {} of {}{}, {} (at most {})", target, from_target,
                      plural(all, unshared ? "new connection" : "request"),
                      unshared ? " to the other clusters' addresses" : "", percent(share), percent(limit))};
}

}  // namespace meshdrill::drill
