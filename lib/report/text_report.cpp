#include "report/text_report.hpp"

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "probe/show/matrix.hpp"
#include "report/phrases.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

using drill::History;
using drill::Verdict;
using drill::VerdictKind;

constexpr const char* red = "\033[1;31m";
constexpr const char* green = "\033[1;32m";
constexpr const char* yellow = "\033[1;33m";
constexpr const char* plain = "\033[0m";

const char* colour_of(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::pass:
      return green;
    case VerdictKind::inconclusive:
    case VerdictKind::refused:
    case VerdictKind::interrupted:
      return yellow;
    case VerdictKind::fail:
    case VerdictKind::aborted:
    case VerdictKind::restore_failed:
    case VerdictKind::unfinished:
      break;
  }
  return red;
}

std::string head(const History& history, const Verdict& verdict, bool colour) {
  const std::string word = headline(verdict.kind);
  return fmt::format("{}{}{}  {}: {}\n", colour ? colour_of(verdict.kind) : "", word, colour ? plain : "",
                     history.scenario.name, verdict.reason);
}

std::string preflight_section(const History& history) {
  std::string text;
  for (const drill::Finding& finding : history.preflight) {
    if (!finding.ok) text += fmt::format("  {}: {}\n", finding.check, printable(finding.message));
  }
  if (!text.empty()) text = "\nWhat forbids it\n" + text;
  std::string warnings;
  for (const drill::Finding& finding : history.preflight) {
    if (finding.warning) warnings += fmt::format("  {}: {}\n", finding.check, printable(finding.message));
  }
  return warnings.empty() ? text : text + "\nWarnings of the preflight\n" + warnings;
}

std::string matrix_section(const History& history) {
  std::vector<std::string> clusters;
  for (const drill::ClusterInfo& cluster : history.clusters) clusters.push_back(cluster.name);
  std::string text;
  for (const Period& period : periods()) {
    const drill::PhaseRecord* phase = history.phase(period.phase);
    if (phase == nullptr) continue;
    text += probe::matrix_text(phase->tally, clusters,
                               fmt::format("{} ({})", period.title, to_string(period.phase)));
  }
  return text.empty() ? text : "\nWho answered, by the address that was asked\n" + text;
}

std::string describe_reasons(const probe::Outage& outage) {
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < probe::outcome_count; ++i) {
    if (outage.reasons.at(i) == 0) continue;
    reasons.push_back(
        fmt::format("{} × {}", outage.reasons.at(i), probe::describe(static_cast<probe::Outcome>(i))));
  }
  if (outage.slow > 0) reasons.push_back(fmt::format("{} slow", outage.slow));
  if (outage.good > 0) reasons.push_back(fmt::format("{} good in between", outage.good));
  return fmt::format("{}", fmt::join(reasons, ", "));
}

// When it began, counted from the change that it follows.
std::string since_change(const History& history, const probe::Outage& outage) {
  if (history.restore_written && outage.first_bad >= *history.restore_written) {
    return after(outage.first_bad, *history.restore_written) + " from the restore";
  }
  if (history.faulted) return after(outage.first_bad, *history.faulted) + " from the fault";
  return "at " + seconds(outage.first_bad);
}

std::string outage_section(const History& history) {
  TextTable table{5};
  bool any = false;
  for (std::size_t i = 0; i < history.outages.size(); ++i) {
    for (const probe::Outage& outage : history.outages[i]) {
      any = true;
      table.row({history.streams[i].name, std::string{probe::to_string(outage.kind)},
                 interval(outage.bounds()),
                 since_change(history, outage) + (outage.open() ? ", open at the end" : ""),
                 describe_reasons(outage)});
    }
  }
  if (history.streams.empty()) return {};
  // The schedule's jitter can move two requests of a stream further apart than its period.
  const probe::ProbeConfig& traffic = history.scenario.traffic;
  const double widest_ms = 1000 / traffic.rate * (1 + 2 * traffic.jitter);
  if (any) {
    // With good answers in between, the first and the last bad one need not lie at the ends of what was
    // broken.
    return fmt::format(
        "\nOutages (at most {:g} ms between two requests of a stream)\n{}"
        "  The true length of a blackout lies in its interval; a brownout is the time in which users saw "
        "failures.\n",
        widest_ms, table.text());
  }
  return fmt::format(
      "\nOutages\n  none seen; on any one address, one longer than {:g} ms could not have passed unseen\n",
      widest_ms);
}

std::string timeline_section(const History& history) {
  if (!history.faulted) return {};
  TextTable table;
  const auto row = [&](const std::string& what, const std::optional<probe::Offset>& at, probe::Offset since) {
    table.row({what, at ? after(*at, since) : "not seen"});
  };
  const std::string& target = history.target();
  table.row({"fault acknowledged", seconds(*history.faulted)});
  row("its effect shown by the API", history.target_drained, *history.faulted);
  const bool answers = history.takes_answers_away();
  if (answers) row(fmt::format("last answer from {}", target), history.last_target_answer, *history.faulted);
  if (history.restore_written) {
    table.row({"restore acknowledged", seconds(*history.restore_written)});
    row("that undone", history.target_ready_again, *history.restore_written);
    if (answers)
      row(fmt::format("first answer from {} again", target), history.target_seen_again,
          *history.restore_written);
  }
  return "\nThe fault and the restore\n" + table.text();
}

std::string checks_section(const Verdict& verdict) {
  TextTable table{4};
  for (const drill::Check& check : verdict.checks) {
    table.row({std::string{to_string(check.phase)}, check.name, std::string{to_string(check.outcome)},
               printable(check.sentence)});
  }
  return verdict.checks.empty() ? std::string{} : "\nWhat was expected\n" + table.text();
}

std::string restored_section(const History& history) {
  if (!history.changed) return "\nNothing was changed in any cluster.\n";
  std::string text = "\nPut back\n";
  const bool verified = history.restored && history.restored->verified;
  for (const drill::Change& change : history.changes) {
    text += fmt::format("  {}: {}{}\n", history.target(), describe_restore(change),
                        verified ? ", verified" : ": NOT VERIFIED");
  }
  for (const std::string& line : history.ownership) text += fmt::format("  {}\n", printable(line));
  if (!verified && history.restored) text += fmt::format("  {}\n", history.restored->message);
  return text;
}

std::string not_proved_section(const Verdict& verdict) {
  std::string text = fmt::format("\nNot proved by this drill ({})\n", verdict.fault_class);
  for (const std::string& sentence : verdict.not_proved) text += fmt::format("  - {}\n", sentence);
  return text;
}

}  // namespace

std::string render_text(const History& history, const Verdict& verdict, bool colour) {
  return head(history, verdict, colour) + preflight_section(history) + matrix_section(history) +
         outage_section(history) + timeline_section(history) + checks_section(verdict) +
         restored_section(history) +
         (history.faulted || verdict.kind == VerdictKind::pass ? not_proved_section(verdict) : "");
}

}  // namespace meshdrill::report
