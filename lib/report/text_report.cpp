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
  for (const Period& period : periods(history))
    text += probe::matrix_text(period.phase->tally, clusters, period.title);
  return text.empty() ? text : "\nWho answered, by the address that was asked\n" + text;
}

// One of many streams without an outage would only be in the way.
constexpr std::size_t most_quiet_streams = 12;

std::string outage_section(const History& history) {
  if (history.streams.empty()) return {};
  TextTable table{5};
  bool any = false;
  std::size_t quiet = 0;
  for (std::size_t i = 0; i < history.outages.size(); ++i) {
    if (history.outages[i].empty() && ++quiet <= most_quiet_streams)
      table.row({history.streams[i].name, "none seen"});
    for (const probe::Outage& outage : history.outages[i]) {
      any = true;
      table.row(
          {history.streams[i].name, std::string{probe::to_string(outage.kind)}, interval(outage.bounds()),
           since_change(history, outage) + (outage.open() ? ", open at the end" : ""), reasons(outage)});
    }
  }
  // The schedule's jitter can move two requests of a stream further apart than its period.
  const probe::ProbeConfig& traffic = history.scenario.traffic;
  const double widest_ms = 1000 / traffic.rate * (1 + 2 * traffic.jitter);
  if (!any) {
    return fmt::format(
        "\nOutages\n  none seen; on any one address, one longer than {:g} ms could not have passed unseen\n",
        widest_ms);
  }
  // With good answers in between, the first and the last bad one need not lie at the ends of what was broken.
  return fmt::format(
      "\nOutages (at most {:g} ms between two requests of a stream)\n{}"
      "  The true length of a blackout lies in its interval; a brownout is the time in which users saw "
      "failures.\n",
      widest_ms, table.text());
}

std::string timeline_section(const History& history) {
  TextTable table;
  for (const Proof& proof : proofs(history)) table.row({proof.what, proof.when});
  return history.faulted ? "\nThe fault and the restore\n" + table.text() : std::string{};
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
  const bool back = is_all_back(history);
  for (const std::string& line : put_back(history))
    text += fmt::format("  {}{}\n", printable(line), back ? ", verified" : ": NOT VERIFIED");
  for (const std::string& line : history.ownership) text += fmt::format("  {}\n", printable(line));
  if (!back && history.restored) text += fmt::format("  {}\n", history.restored->message);
  return text;
}

std::string not_proved_section(const History& history, const Verdict& verdict) {
  std::string text;
  for (const std::string& sentence : not_proved(history, verdict)) text += fmt::format("  - {}\n", sentence);
  return text.empty() ? text : fmt::format("\nNot proved by this drill ({})\n{}", verdict.fault_class, text);
}

}  // namespace

std::string render_text(const History& history, const Verdict& verdict, bool colour) {
  // In the order of what a person asks first.
  return head(history, verdict, colour) + preflight_section(history) + outage_section(history) +
         matrix_section(history) + restored_section(history) + timeline_section(history) +
         checks_section(verdict) + not_proved_section(history, verdict);
}

}  // namespace meshdrill::report
