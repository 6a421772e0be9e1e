// How users fared: errors, latency, outages.
#include "drill/verdict/checks.hpp"

#include "base/text.hpp"
#include "drill/verdict/checks_scope.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using probe::Offset;

// Fewer requests than this say nothing about an error share.
constexpr std::uint64_t least_requests = 50;

// "120 × unexpected HTTP status (503), 3 × connection refused": the commonest first.
std::string reasons(const std::array<std::uint64_t, probe::outcome_count>& outcomes,
                    const probe::StatusCounts& statuses) {
  std::vector<std::pair<std::uint64_t, std::size_t>> counts;
  for (std::size_t i = 1; i < outcomes.size(); ++i) {
    if (outcomes.at(i) > 0) counts.emplace_back(outcomes.at(i), i);
  }
  std::sort(counts.rbegin(), counts.rend());
  std::string text;
  for (const auto& [count, outcome] : counts) {
    text += fmt::format("{}{} × {}", text.empty() ? "" : ", ", count,
                        probe::describe(static_cast<probe::Outcome>(outcome), statuses));
  }
  return text;
}

Check check_failed(const PhaseRecord& phase, const char* name, const probe::Cell& sum, double limit) {
  if (sum.evidence() < least_requests) {
    return {phase.phase, name, Outcome::inconclusive,
            fmt::format("only {} were sent, too few to tell", plural(sum.evidence(), "request"))};
  }
  const double share = static_cast<double>(sum.failed()) / static_cast<double>(sum.evidence());
  const std::string why =
      sum.failed() == 0 ? std::string{} : fmt::format(": {}", reasons(sum.outcomes, sum.statuses));
  return {phase.phase, name, share <= limit ? Outcome::pass : Outcome::fail,
          fmt::format("{} of {} failed, {} (at most {}){}", sum.failed(), plural(sum.evidence(), "request"),
                      percent(share), percent(limit), why)};
}

}  // namespace

Check check_errors(const History& history, const PhaseRecord& phase, double limit) {
  return check_failed(phase, "errors", scoped_sum(history, phase), limit);
}

Check check_client_errors(const PhaseRecord& phase, double limit) {
  const probe::Cell sum =
      phase.tally.sum([](const probe::CellKey& key) { return key.kind != probe::StreamKind::pinned; });
  return check_failed(phase, "clientErrors", sum, limit);
}

Check check_samples(const PhaseRecord& phase, std::uint64_t least) {
  const std::uint64_t seen = phase.tally.sum().evidence();
  return {phase.phase, "minSamples", seen >= least ? Outcome::pass : Outcome::inconclusive,
          fmt::format("{} were sent, of {} demanded", plural(seen, "request"), least)};
}

Check check_latency(const History& history, const PhaseRecord& phase, const char* name, double part,
                    double limit) {
  const PhaseRecord* baseline = history.phase(Phase::baseline);
  const probe::Histogram now = scoped_sum(history, phase).latency();
  const probe::Histogram before =
      baseline == nullptr ? probe::Histogram{} : scoped_sum(history, *baseline).latency();
  // So many that ten lie beyond the quantile.
  const double needed = std::max(100.0, 10 / (1 - part));
  if (static_cast<double>(std::min(now.count(), before.count())) < needed) {
    return {phase.phase, name, Outcome::inconclusive,
            fmt::format("{} before and {} now are too few: it takes {:.0f}", plural(before.count(), "answer"),
                        now.count(), needed)};
  }
  const double was = static_cast<double>(std::max<std::int64_t>(1, before.quantile(part).count()));
  const double is = static_cast<double>(now.quantile(part).count());
  return {phase.phase, name, is / was <= limit ? Outcome::pass : Outcome::fail,
          fmt::format("{:.3g} ms, {:.3g} times the {:.3g} ms of the baseline (at most {:g})", is / 1e3,
                      is / was, was / 1e3, limit)};
}

namespace {

// Of an ingress that goes away, neither its own streams nor those that DNS leads to it.
bool outage_counts(const History& history, Phase phase, int stream) {
  const probe::Stream& of = history.streams.at(static_cast<std::size_t>(stream));
  const bool ingress = history.scenario.fault.kind == Fault::Kind::ingress_controller;
  return !ingress || (of.kind == probe::StreamKind::pinned && in_scope(history, phase, of.address));
}

}  // namespace

Check check_outage(const History& history, Phase phase, Offset from, Offset to, Duration limit) {
  const std::string allowed = format_duration(limit);
  const probe::Outage* worst = nullptr;
  for (const auto& stream : history.outages) {
    for (const probe::Outage& outage : stream) {
      if (!outage_counts(history, phase, outage.stream)) continue;
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
                      worst->failed == 0 ? "slow answers" : reasons(worst->reasons, worst->statuses))};
}

}  // namespace meshdrill::drill
