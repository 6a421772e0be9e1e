#include "report/comparison.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

using drill::History;
using drill::Phase;
using drill::PhaseRecord;
using probe::Offset;

constexpr std::array<Phase, 3> steady{Phase::baseline, Phase::hold, Phase::recovered};

Judgement judge_size(const Interval& before, const Interval& now) {
  if (!disjoint(before, now)) return Judgement::unclear;
  return now.low > before.high ? Judgement::worse : Judgement::better;
}

// --- outages

struct Longest {
  double value = 0;
  Interval interval;
};

// The longest that began in [from, to); none longer than the gap between two requests when none was seen.
Longest longest_outage(const History& history, std::size_t stream, Offset from, Offset to) {
  const probe::ProbeConfig& traffic = history.scenario.traffic;
  Longest longest{0, {0, 1e6 / traffic.rate * (1 + 2 * traffic.jitter)}};
  bool any = false;
  for (const probe::Outage& outage : history.outages.at(stream)) {
    if (outage.first_bad < from || outage.first_bad >= to) continue;
    const probe::Bounds bounds = outage.bounds();
    const auto low = static_cast<double>(bounds.lower.count());
    if (any && low <= longest.interval.low) continue;
    any = true;
    const double high =
        bounds.upper ? static_cast<double>(bounds.upper->count()) : std::numeric_limits<double>::infinity();
    longest = {low, {low, high}};
  }
  return longest;
}

void add_outages(Comparison& comparison, const History& before, const History& now) {
  const auto add = [&](std::size_t i, std::size_t j, std::string_view since, auto range) {
    const auto [from, to] = range(before);
    const auto [now_from, now_to] = range(now);
    const Longest old = longest_outage(before, i, from, to);
    const Longest fresh = longest_outage(now, j, now_from, now_to);
    if (old.value == 0 && fresh.value == 0) return;
    comparison.changes.push_back(
        {Change::Topic::outage, fmt::format("{}, from the {}", before.streams[i].name, since), old.value,
         old.interval, fresh.value, fresh.interval, judge_size(old.interval, fresh.interval)});
  };
  for (std::size_t i = 0; i < before.streams.size(); ++i) {
    const auto match = std::find_if(now.streams.begin(), now.streams.end(), [&](const probe::Stream& stream) {
      return stream.name == before.streams[i].name;
    });
    if (match == now.streams.end()) continue;
    const auto j = static_cast<std::size_t>(match - now.streams.begin());
    if (before.faulted && now.faulted) {
      add(i, j, "fault", [](const History& history) {
        return std::pair{*history.faulted, history.restore_written.value_or(Offset::max())};
      });
    }
    if (before.restore_written && now.restore_written) {
      add(i, j, "restore",
          [](const History& history) { return std::pair{*history.restore_written, Offset::max()}; });
    }
  }
}

// --- the steady phases, on new connections

probe::Cell new_connections(const PhaseRecord& phase) {
  return phase.tally.sum(
      [](const probe::CellKey& key) { return key.connection == probe::ConnectionKind::fresh; });
}

struct Pair {
  const PhaseRecord* before;
  const PhaseRecord* now;
};

std::vector<Pair> steady_phases(const History& before, const History& now) {
  std::vector<Pair> pairs;
  for (const Phase phase : steady) {
    const Pair pair{before.phase(phase), now.phase(phase)};
    if (pair.before != nullptr && pair.now != nullptr) pairs.push_back(pair);
  }
  return pairs;
}

double value(const Share& share) {
  return share.n == 0 ? 0 : static_cast<double>(share.successes) / static_cast<double>(share.n);
}

// `rising`: what a share is when it rises.
Change share_change(Change::Topic topic, std::string subject, const Share& before, const Share& now, double z,
                    Judgement rising, Judgement falling) {
  const Interval difference = difference_interval(before, now, z);
  const Judgement judgement = difference.low > 0    ? rising
                              : difference.high < 0 ? falling
                                                    : Judgement::unclear;
  return {topic,      std::move(subject),     value(before), share_interval(before, z),
          value(now), share_interval(now, z), judgement};
}

Change error_change(const Pair& pair, double z) {
  const probe::Cell before = new_connections(*pair.before);
  const probe::Cell now = new_connections(*pair.now);
  return share_change(Change::Topic::errors, std::string{to_string(pair.now->phase)},
                      {before.failed(), before.evidence()}, {now.failed(), now.evidence()}, z,
                      Judgement::worse, Judgement::better);
}

Change latency_change(const Pair& pair, double part, double z) {
  const probe::Cell before = new_connections(*pair.before);
  const probe::Cell now = new_connections(*pair.now);
  Change change{
      Change::Topic::latency, fmt::format("{} p{:g}", to_string(pair.now->phase), part * 100), 0, {}, 0, {},
      Judgement::unclear};
  if (before.latency().count() == 0 || now.latency().count() == 0) {
    change.before_interval.high = change.now_interval.high = std::numeric_limits<double>::infinity();
    return change;
  }
  change.before = static_cast<double>(before.latency().quantile(part).count());
  change.before_interval = quantile_interval(before.latency(), part, z);
  change.now = static_cast<double>(now.latency().quantile(part).count());
  change.now_interval = quantile_interval(now.latency(), part, z);
  change.judgement = judge_size(change.before_interval, change.now_interval);
  return change;
}

Share share_of_cluster(const PhaseRecord& phase, const std::string& cluster) {
  Share share;
  for (const auto& [name, connections] : phase.tally.connections(probe::StreamKind::pinned)) {
    share.n += connections;
    if (name == cluster) share.successes = connections;
  }
  return share;
}

std::vector<std::string> clusters_of(const History& before, const History& now) {
  std::vector<std::string> names;
  for (const drill::ClusterInfo& cluster : now.clusters) {
    const bool in_both =
        std::any_of(before.clusters.begin(), before.clusters.end(),
                    [&](const drill::ClusterInfo& other) { return other.name == cluster.name; });
    if (in_both) names.push_back(cluster.name);
  }
  // The shares of two add up to one: the second row would say the same again.
  if (names.size() == 2 && now.clusters.size() == 2 && before.clusters.size() == 2) names.pop_back();
  return names;
}

void add_steady(Comparison& comparison, const History& before, const History& now) {
  const std::vector<Pair> pairs = steady_phases(before, now);
  const std::vector<std::string> clusters = clusters_of(before, now);
  comparison.tests = pairs.size() * (3 + clusters.size());
  if (comparison.tests == 0) return;
  const double z = critical_value(comparison.error, comparison.tests);
  for (const Pair& pair : pairs) comparison.changes.push_back(error_change(pair, z));
  for (const Pair& pair : pairs) {
    comparison.changes.push_back(latency_change(pair, 0.5, z));
    comparison.changes.push_back(latency_change(pair, 0.99, z));
  }
  for (const Pair& pair : pairs) {
    for (const std::string& cluster : clusters) {
      comparison.changes.push_back(
          share_change(Change::Topic::balance, fmt::format("{} {}", to_string(pair.now->phase), cluster),
                       share_of_cluster(*pair.before, cluster), share_of_cluster(*pair.now, cluster), z,
                       Judgement::different, Judgement::different));
    }
  }
}

void add_warnings(Comparison& comparison, const RunRecord& old_run, const RunRecord& new_run) {
  const History& before = old_run.history;
  const History& now = new_run.history;
  const auto same = [&](std::string_view what, const std::string& old, const std::string& fresh) {
    if (old != fresh) comparison.warnings.push_back(fmt::format("{} was {} and is {}", what, old, fresh));
  };
  same("the drill", before.scenario.name, now.scenario.name);
  same("what was staged", old_run.verdict.fault_class, new_run.verdict.fault_class);
  same("the target", before.target(), now.target());
  same("the Service", to_string(before.scenario.target.service), to_string(now.scenario.target.service));
  same("the rate", fmt::format("{:g}/s", before.scenario.traffic.rate),
       fmt::format("{:g}/s", now.scenario.traffic.rate));
  same("the number of streams", fmt::format("{}", before.streams.size()),
       fmt::format("{}", now.streams.size()));
}

// By the exit code, since of a run that was cut short it tells whether something is left to put back.
int rank_of(const drill::Verdict& verdict) {
  switch (verdict.exit_code) {
    case 0:
      return 0;
    case 1:
    case 4:
      return 2;
    case 5:
      return 3;
    default:
      return 1;
  }
}

Judgement judge_verdicts(const drill::Verdict& before, const drill::Verdict& now) {
  if (before.kind == now.kind && before.exit_code == now.exit_code) return Judgement::unclear;
  const int was = rank_of(before);
  const int is = rank_of(now);
  return is > was ? Judgement::worse : is < was ? Judgement::better : Judgement::different;
}

}  // namespace

Comparison compare(const RunRecord& before, const RunRecord& now) {
  Comparison comparison;
  comparison.verdict = judge_verdicts(before.verdict, now.verdict);
  add_warnings(comparison, before, now);
  add_outages(comparison, before.history, now.history);
  add_steady(comparison, before.history, now.history);
  return comparison;
}

bool is_worse(const Comparison& comparison) {
  return comparison.verdict == Judgement::worse ||
         std::any_of(comparison.changes.begin(), comparison.changes.end(),
                     [](const Change& change) { return change.judgement == Judgement::worse; });
}

std::string_view to_string(Judgement judgement) {
  constexpr std::array<std::string_view, 4> names{"better", "worse", "different", "unclear"};
  return names.at(static_cast<std::size_t>(judgement));
}

std::string_view to_string(Change::Topic topic) {
  constexpr std::array<std::string_view, 4> names{"outage", "errors", "latency", "balance"};
  return names.at(static_cast<std::size_t>(topic));
}

}  // namespace meshdrill::report
