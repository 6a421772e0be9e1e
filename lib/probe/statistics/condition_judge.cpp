#include "probe/statistics/condition.hpp"
#include "probe/statistics/proportion.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using Subject = Condition::Subject;
using Comparison = Condition::Comparison;

std::string percent(double share) {
  return fmt::format("{:.4g} %", 100 * share);
}

bool is_in(const Stream& stream, const std::string& where) {
  if (where.empty() || stream.name == where) return true;
  if (where == "users") return stream.kind != StreamKind::pinned;
  return stream.address && to_string(*stream.address) == where;
}

struct Requests {
  std::uint64_t evidence = 0;
  std::uint64_t failed = 0;
  PhaseTimes times;
  std::size_t streams = 0;
};

Requests requests_in(const Evidence& evidence, const std::string& where) {
  Requests sum;
  for (const StreamSummary& stream : evidence.streams) {
    if (!is_in(stream.stream, where)) continue;
    ++sum.streams;
    sum.evidence += stream.evidence();
    sum.failed += stream.evidence() - stream.count(Outcome::ok);
    sum.times.merge(stream.times);
  }
  return sum;
}

bool is_cluster(const Evidence& evidence, const std::string& name) {
  const auto& wanted = evidence.clusters;
  return std::find(wanted.begin(), wanted.end(), name) != wanted.end() ||
         evidence.summary.tally().clusters().contains(name);
}

// Of the requests of the streams that `where` names; where it names none, of the answers of that cluster.
PhaseTimes times_in(const Evidence& evidence, const std::string& where) {
  Requests requests = requests_in(evidence, where);
  if (requests.streams > 0) return std::move(requests.times);
  return evidence.summary.tally().sum([&](const CellKey& key) { return key.cluster == where; }).times;
}

// Whether at most `allowed` of all requests are bad, when `bad` of `n` were.
Holds judge_share(std::uint64_t bad, std::uint64_t n, double allowed, double error) {
  if (n == 0) return Holds::unknown;
  // None at all can never be shown of a target, only seen in a run.
  if (allowed <= 0) return bad == 0 ? Holds::yes : Holds::no;
  if (upper_limit(bad, n, error) <= allowed) return Holds::yes;
  return lower_limit(bad, n, error) > allowed ? Holds::no : Holds::unknown;
}

ConditionResult judge_errors(const Condition& condition, const Evidence& evidence) {
  const Requests sum = requests_in(evidence, condition.where);
  const bool availability = condition.subject == Subject::availability;
  const double allowed = availability ? 1 - condition.share : condition.share;
  const double error = 1 - evidence.rule.confidence;
  const Holds holds =
      judge_share(sum.failed, sum.evidence, std::max(allowed, 0.0) < 1e-9 ? 0 : allowed, error);
  const double low = lower_limit(sum.failed, sum.evidence, error);
  const double high = upper_limit(sum.failed, sum.evidence, error);
  std::string text =
      fmt::format("{} of {} requests failed; {} between {} and {}", sum.failed, sum.evidence,
                  availability ? "availability" : "errors", percent(availability ? 1 - high : low),
                  percent(availability ? 1 - low : high));
  if (holds == Holds::unknown && sum.failed == 0 && allowed > 0 && allowed < 1)
    text += fmt::format("; it takes {} requests without a failure", samples_to_show(allowed, error));
  return {condition, holds, std::move(text)};
}

ConditionResult judge_latency(const Condition& condition, const Evidence& evidence) {
  const Histogram times = times_in(evidence, condition.where).of(condition.phase);
  const double error = 1 - evidence.rule.confidence;
  const double allowed = 1 - condition.quantile;
  const std::uint64_t over = times.count_over(condition.duration);
  const Holds holds = judge_share(over, times.count(), allowed < 1e-9 ? 0 : allowed, error);
  std::string text = fmt::format("{} over {} requests, {} of them slower",
                                 format_duration(times.quantile(condition.quantile)), times.count(), over);
  if (holds == Holds::unknown && over == 0 && times.count() > 0)
    text += fmt::format("; it takes {} requests with none slower", samples_to_show(allowed, error));
  return {condition, holds, std::move(text)};
}

std::string describe(const Bounds& bounds) {
  if (!bounds.upper) return fmt::format("at least {}", format_duration(bounds.lower));
  return fmt::format("{} to {}", format_duration(bounds.lower), format_duration(*bounds.upper));
}

ConditionResult judge_outage(const Condition& condition, const Evidence& evidence) {
  ConditionResult result{condition, Holds::yes, "none was seen"};
  const auto worse = [&](Holds holds, std::string sentence) {
    const auto rank = [](Holds h) { return h == Holds::no ? 2 : h == Holds::unknown ? 1 : 0; };
    if (rank(holds) < rank(result.holds)) return;
    result.holds = holds;
    result.sentence = std::move(sentence);
  };
  bool any = false;
  for (const StreamSummary& stream : evidence.streams) {
    if (!is_in(stream.stream, condition.where) || stream.evidence() == 0) continue;
    any = true;
    if (stream.longest_gap > condition.duration) {
      worse(Holds::unknown, fmt::format("{} was without evidence for {}, in which one can hide",
                                        stream.stream.name, format_duration(stream.longest_gap)));
    }
    for (const Outage& outage : stream.outages) {
      const Bounds bounds = outage.bounds();
      const bool too_long = bounds.lower > condition.duration;
      const bool short_enough = bounds.upper && *bounds.upper <= condition.duration;
      worse(too_long       ? Holds::no
            : short_enough ? Holds::yes
                           : Holds::unknown,
            fmt::format("{}: {} of {}", stream.stream.name, to_string(outage.kind), describe(bounds)));
    }
  }
  if (!any) return {condition, Holds::unknown, "no request says anything"};
  return result;
}

std::vector<ClusterCount> connections_of(const Evidence& evidence) {
  bool follows = false;
  for (const StreamSummary& stream : evidence.streams)
    follows = follows || stream.stream.kind != StreamKind::pinned;
  std::map<std::string, std::uint64_t> seen;
  for (const auto& [key, cell] : evidence.summary.tally().cells()) {
    if (!key.cluster.empty() && (!follows || key.kind != StreamKind::pinned))
      seen[key.cluster] += cell.connections;
  }
  for (const std::string& cluster : evidence.clusters) seen.try_emplace(cluster, 0);
  std::vector<ClusterCount> counts;
  for (const auto& [cluster, connections] : seen) counts.push_back({cluster, connections, 1});
  return counts;
}

ConditionResult judge_share_of(const Condition& condition, const Evidence& evidence) {
  std::uint64_t all = 0;
  std::uint64_t its = 0;
  for (const ClusterCount& count : connections_of(evidence)) {
    all += count.connections;
    if (count.cluster == condition.where) its = count.connections;
  }
  if (all == 0) return {condition, Holds::unknown, "no connection was answered"};
  // One share against the rest: two statements, as in any split of two.
  BalanceRule rule = evidence.rule;
  if (condition.comparison == Comparison::near) rule.tolerance = condition.tolerance;
  const double expected = condition.share;
  const auto verdict =
      judge_balance({{condition.where, its, expected}, {"the others", all - its, 1 - expected}}, rule);
  const ClusterShare& share = verdict.shares.front();
  Holds holds = Holds::unknown;
  switch (condition.comparison) {
    case Comparison::near:
      holds = verdict.verdict == Balance::balanced     ? Holds::yes
              : verdict.verdict == Balance::unbalanced ? Holds::no
                                                       : Holds::unknown;
      break;
    case Comparison::at_least:
      holds = share.low >= expected ? Holds::yes : share.high < expected ? Holds::no : Holds::unknown;
      break;
    case Comparison::at_most:
      holds = share.high <= expected ? Holds::yes : share.low > expected ? Holds::no : Holds::unknown;
      break;
  }
  std::string text =
      fmt::format("{} of {} connections, truly {} to {}", its, all, percent(share.low), percent(share.high));
  if (holds == Holds::unknown && condition.comparison == Comparison::near)
    text += fmt::format("; about {} would tell", verdict.connections_needed);
  return {condition, holds, std::move(text)};
}

ConditionResult judge_everyone(const Condition& condition, const Evidence& evidence) {
  // A cluster that should answer one connection in K and has not answered n is missing by bad luck with
  // probability (1 - 1/K)^n at most.
  constexpr double luck_allowed = 1e-6;
  std::string missing;
  std::uint64_t all = 0;
  std::size_t clusters = 0;
  for (const ClusterCount& count : connections_of(evidence)) {
    all += count.connections;
    ++clusters;
    if (count.connections == 0) missing += (missing.empty() ? "" : ", ") + count.cluster;
  }
  if (all == 0) return {condition, Holds::unknown, "no connection was answered"};
  if (missing.empty())
    return {condition, Holds::yes, fmt::format("{} answered over {} connections", clusters, all)};
  const double luck = std::pow(1 - 1 / static_cast<double>(clusters), static_cast<double>(all));
  return {condition, luck < luck_allowed ? Holds::no : Holds::unknown,
          fmt::format("{} not seen over {} connections", missing, all)};
}

ConditionResult judge_balanced(const Condition& condition, const Evidence& evidence) {
  std::array<std::size_t, 3> counts{};
  for (const BalanceVerdict* verdict : evidence.balance)
    ++counts.at(static_cast<std::size_t>(verdict->verdict));
  const std::size_t unbalanced = counts[static_cast<std::size_t>(Balance::unbalanced)];
  const std::size_t open = counts[static_cast<std::size_t>(Balance::not_enough_data)];
  const Holds holds = unbalanced > 0                         ? Holds::no
                      : open > 0 || evidence.balance.empty() ? Holds::unknown
                                                             : Holds::yes;
  return {condition, holds,
          evidence.balance.empty()
              ? "there was nothing to choose from"
              : fmt::format("{} balanced, {} not balanced, {} with not enough data",
                            counts[static_cast<std::size_t>(Balance::balanced)], unbalanced, open)};
}

}  // namespace

ConditionResult judge(const Condition& condition, const Evidence& evidence) {
  const bool of_answers = condition.subject == Subject::latency || condition.subject == Subject::slowest;
  const bool by_stream = condition.subject != Subject::share && !condition.where.empty();
  if (by_stream && requests_in(evidence, condition.where).streams == 0 &&
      !(of_answers && is_cluster(evidence, condition.where)))
    return {condition, Holds::unknown,
            fmt::format("there is no stream{} or address \"{}\"", of_answers ? ", cluster" : "",
                        condition.where)};
  switch (condition.subject) {
    case Subject::availability:
    case Subject::errors:
      return judge_errors(condition, evidence);
    case Subject::latency:
    case Subject::slowest:
      return judge_latency(condition, evidence);
    case Subject::outage:
      return judge_outage(condition, evidence);
    case Subject::share:
      return judge_share_of(condition, evidence);
    case Subject::requests: {
      const std::uint64_t count = requests_in(evidence, condition.where).evidence;
      return {condition, count >= condition.count ? Holds::yes : Holds::unknown,
              fmt::format("{} requests", count)};
    }
    case Subject::everyone_seen:
      return judge_everyone(condition, evidence);
    case Subject::balanced:
      break;
  }
  return judge_balanced(condition, evidence);
}

std::string_view to_string(Holds holds) {
  constexpr std::array<std::string_view, 3> names{"yes", "no", "unknown"};
  return names.at(static_cast<std::size_t>(holds));
}

}  // namespace meshdrill::probe
