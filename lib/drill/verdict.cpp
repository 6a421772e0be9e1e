#include "drill/verdict.hpp"

#include "drill/checks.hpp"

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
  const Offset away = history.restore_written.value_or(Offset{}) - history.faulted.value_or(Offset{});
  return fmt::format("{} of {} was away for {}, and everything that was expected held",
                     to_string(history.scenario.target.service), history.target(),
                     format_duration(std::chrono::round<std::chrono::milliseconds>(away)));
}

Verdict of_checks(const History& history, const std::vector<Check>& checks) {
  if (const Check* check = deciding_check(checks)) {
    const bool failed = check->outcome == Outcome::fail;
    return {failed ? VerdictKind::fail : VerdictKind::inconclusive, sentence_of(*check), {}, failed ? 1 : 6};
  }
  if (history.phase(Phase::recovered) == nullptr) {
    return {VerdictKind::inconclusive, "the run did not reach its last phase", {}, 6};
  }
  return {VerdictKind::pass, pass_sentence(history), {}, 0};
}

Verdict without_checks(const History& history, const std::vector<Check>& checks) {
  if (!history.ended) {
    return {VerdictKind::unfinished,
            history.changed && !history.restored
                ? "the run was cut short with workloads scaled down: run meshdrill recover"
                : "the run was cut short",
            {},
            history.changed ? 5 : 6};
  }
  if (history.changed && !(history.restored && history.restored->verified)) {
    return {VerdictKind::restore_failed,
            history.restored ? history.restored->message
                             : "the workloads were not put back: run meshdrill recover",
            {},
            5};
  }
  if (history.abort) return of_abort(*history.abort);
  return of_checks(history, checks);
}

}  // namespace

std::vector<Check> check_phase(const History& history, Phase phase) {
  std::vector<Check> checks;
  const PhaseRecord* record = history.phase(phase);
  if (record == nullptr) return checks;
  const Expectation& expect = history.scenario.expected(phase);
  checks.push_back(check_observer(*record));
  if (phase == Phase::fail) checks.push_back(check_fault(history));
  if (expect.every_cluster_seen) checks.push_back(check_every_cluster_seen(history, *record));
  if (expect.balance) checks.push_back(check_balance(history, *record, *expect.balance));
  if (expect.outage) {
    checks.push_back(
        check_outage(history, phase, record->from, end_of_consequences(history, phase), *expect.outage));
  }
  if (expect.target_share) checks.push_back(check_target_share(history, *record, *expect.target_share));
  if (expect.errors) checks.push_back(check_errors(*record, *expect.errors));
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
  return verdict;
}

std::string_view to_string(Outcome outcome) {
  return outcome_names.at(static_cast<std::size_t>(outcome));
}
std::string_view to_string(VerdictKind kind) {
  return verdict_names.at(static_cast<std::size_t>(kind));
}

}  // namespace meshdrill::drill
