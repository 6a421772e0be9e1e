#include "drill/verdict/verdict.hpp"

#include "base/text.hpp"
#include "drill/verdict/checks.hpp"
#include "drill/verdict/fault_class.hpp"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using probe::Offset;

constexpr std::array<std::string_view, 3> outcome_names{"pass", "fail", "inconclusive"};
constexpr std::array<std::string_view, 8> verdict_names{
    "pass", "fail", "inconclusive", "refused", "aborted", "interrupted", "restore-failed", "unfinished"};

// Outages of `fail` may begin in `hold`, those of `restore` in `recovered`: what users saw because of that
// change.
Offset end_of_consequences(const History& history, Phase phase) {
  const PhaseRecord* restore = history.phase(Phase::restore);
  return phase == Phase::fail && restore != nullptr ? restore->from : Offset::max();
}

const Check* first(const std::vector<Check>& checks, Outcome wanted) {
  const auto found =
      std::find_if(checks.begin(), checks.end(), [&](const Check& c) { return c.outcome == wanted; });
  return found == checks.end() ? nullptr : &*found;
}

std::string sentence_of(const Check& check) {
  return fmt::format("{}, {}: {}", to_string(check.phase), check.name, check.sentence);
}

Verdict of_abort(const Abort& abort) {
  switch (abort.kind) {
    case Abort::Kind::refused:
      return {VerdictKind::refused, abort.message, {}, 3};
    case Abort::Kind::interrupted:
      return {VerdictKind::interrupted, abort.message, {}, abort.signal == SIGINT ? 130 : 143};
    case Abort::Kind::guard:
    case Abort::Kind::interference:
    case Abort::Kind::failed:
      break;
  }
  return {VerdictKind::aborted, abort.message, {}, 4};
}

std::string pass_sentence(const History& history) {
  const std::string what = what_happened(history);
  if (history.scenario.fault.kind == Fault::Kind::none)
    return what + ", and everything that was expected held";
  const Offset away = history.restore_written.value_or(Offset{}) - history.faulted.value_or(Offset{});
  return fmt::format("{} for {}, and everything that was expected held", what,
                     format_duration(std::chrono::round<std::chrono::milliseconds>(away)));
}

Verdict of_checks(const History& history, const std::vector<Check>& checks) {
  if (const Check* check = deciding_check(checks)) {
    const bool failed = check->outcome == Outcome::fail;
    return {failed ? VerdictKind::fail : VerdictKind::inconclusive, sentence_of(*check), {}, failed ? 1 : 6};
  }
  const bool smoke = history.scenario.fault.kind == Fault::Kind::none;
  if (history.phase(smoke ? Phase::baseline : Phase::recovered) == nullptr) {
    return {VerdictKind::inconclusive, "the run did not reach its last phase", {}, 6};
  }
  return {VerdictKind::pass, pass_sentence(history), {}, 0};
}

// What to type when something may still be as the drill left it.
std::string recover_command(const History& history) {
  return fmt::format("run: meshdrill recover -f {}", shell_quote(history.scenario.mesh_file.string()));
}

Verdict without_checks(const History& history, const std::vector<Check>& checks) {
  if (!history.ended) {
    return {VerdictKind::unfinished,
            history.changed && !history.restored
                ? "the run was cut short before its changes were undone; " + recover_command(history)
                : "the run was cut short",
            {},
            history.changed ? 5 : 6};
  }
  if (history.changed && !(history.restored && history.restored->verified)) {
    return {VerdictKind::restore_failed,
            history.restored ? history.restored->message
                             : "what was changed was not put back; " + recover_command(history),
            {},
            5};
  }
  if (history.abort) return of_abort(*history.abort);
  return of_checks(history, checks);
}

}  // namespace

namespace {

// How long the fault and the restore took to show.
void add_times(const History& history, Phase phase, const Expectation& expect, std::vector<Check>& checks) {
  const auto add = [&](const char* name, const std::optional<Duration>& limit, std::optional<Offset> from,
                       std::optional<Offset> to) {
    if (limit) checks.push_back(check_within(phase, name, from, to, *limit));
  };
  add("effectWithin", expect.effect_within, history.faulted, history.target_drained);
  // Without an answer after the fault it was drained at once.
  const auto last = history.last_target_answer ? history.last_target_answer : history.faulted;
  add("drainedWithin", expect.drained_within, history.faulted, history.target_drained ? last : std::nullopt);
  add("readyWithin", expect.ready_within, history.restore_written, history.target_ready_again);
  add("targetSeenWithin", expect.seen_within, history.restore_written, history.target_seen_again);
}

}  // namespace

std::vector<Check> check_phase(const History& history, Phase phase) {
  std::vector<Check> checks;
  const PhaseRecord* record = history.phase(phase);
  if (record == nullptr) return checks;
  const Expectation& expect = history.scenario.expected(phase);
  checks.push_back(check_observer(*record));
  if (phase == Phase::fail) checks.push_back(check_fault(history));
  if (expect.min_samples) checks.push_back(check_samples(*record, *expect.min_samples));
  if (expect.every_cluster_seen) checks.push_back(check_every_cluster_seen(history, *record));
  if (!expect.survivors.empty()) checks.push_back(check_survivors(history, *record, expect.survivors));
  if (expect.balance) checks.push_back(check_balance(history, *record, *expect.balance));
  if (expect.outage) {
    checks.push_back(
        check_outage(history, phase, record->from, end_of_consequences(history, phase), *expect.outage));
  }
  add_times(history, phase, expect, checks);
  if (expect.target_share) checks.push_back(check_target_share(history, *record, *expect.target_share));
  if (expect.errors) checks.push_back(check_errors(history, *record, *expect.errors));
  if (expect.client_errors) checks.push_back(check_client_errors(*record, *expect.client_errors));
  if (expect.latency_p50)
    checks.push_back(check_latency(history, *record, "latency.p50", 0.5, *expect.latency_p50));
  if (expect.latency_p99)
    checks.push_back(check_latency(history, *record, "latency.p99", 0.99, *expect.latency_p99));
  return checks;
}

std::vector<Check> check_expectations(const History& history) {
  std::vector<Check> checks;
  for (const Phase phase : all_phases) {
    for (Check& check : check_phase(history, phase)) checks.push_back(std::move(check));
  }
  return checks;
}

const Check* deciding_check(const std::vector<Check>& checks) {
  const Check* failed = first(checks, Outcome::fail);
  return failed != nullptr ? failed : first(checks, Outcome::inconclusive);
}

Verdict judge(const History& history) {
  std::vector<Check> checks = check_expectations(history);
  Verdict verdict = without_checks(history, checks);
  verdict.checks = std::move(checks);
  verdict.fault_class = fault_class(history.scenario.fault);
  verdict.not_proved = not_proved(history.scenario.fault);
  return verdict;
}

std::string_view to_string(Outcome outcome) {
  return outcome_names.at(static_cast<std::size_t>(outcome));
}
std::string_view to_string(VerdictKind kind) {
  return verdict_names.at(static_cast<std::size_t>(kind));
}

}  // namespace meshdrill::drill
