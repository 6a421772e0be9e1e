// What a person reads first, and what it rests on.
#include "report/html_parts.hpp"
#include "report/html_sections.hpp"
#include "report/phrases.hpp"

namespace meshdrill::report::html {
namespace {

using drill::History;

std::string_view class_of(drill::VerdictKind kind) {
  switch (kind) {
    case drill::VerdictKind::pass:
      return "pass";
    case drill::VerdictKind::inconclusive:
    case drill::VerdictKind::refused:
    case drill::VerdictKind::interrupted:
      return "inconclusive";
    case drill::VerdictKind::fail:
    case drill::VerdictKind::aborted:
    case drill::VerdictKind::restore_failed:
    case drill::VerdictKind::unfinished:
      break;
  }
  return "fail";
}

// A sign as well as a colour.
std::string_view sign(drill::Outcome outcome) {
  return outcome == drill::Outcome::pass ? "✓" : outcome == drill::Outcome::fail ? "✗" : "?";
}

std::string outcome(drill::Outcome outcome) {
  return fmt::format("<span class=\"{0}\">{1} {0}</span>", to_string(outcome), sign(outcome));
}

std::string is_it_back(const History& history) {
  if (!history.changed) return "nothing was changed in any cluster";
  return is_all_back(history) ? "<span class=\"pass\">✓ everything, verified</span>"
                              : "<span class=\"fail\">✗ NOT VERIFIED</span>, see below";
}

// "12 of 14 held", and those that did not.
std::string held(const drill::Verdict& verdict) {
  if (verdict.checks.empty()) return "none could be made";
  std::size_t passed = 0;
  std::string others;
  for (const drill::Check& check : verdict.checks) {
    if (check.outcome == drill::Outcome::pass) {
      ++passed;
    } else {
      others += fmt::format("; <span class=\"{}\">{} {} {}</span>", to_string(check.outcome),
                            sign(check.outcome), to_string(check.phase), safe(check.name));
    }
  }
  return fmt::format("{} of {} held{}", passed, verdict.checks.size(), others);
}

}  // namespace

std::string verdict(const RunRecord& run) {
  const History& history = run.history;
  std::string text =
      fmt::format("<header>\n<h1><span class=\"verdict {}\">{}</span>{}</h1>\n<p class=\"reason\">{}</p>\n",
                  class_of(run.verdict.kind), headline(run.verdict.kind), safe(history.scenario.name),
                  safe(run.verdict.reason));
  if (!history.scenario.description.empty())
    text += fmt::format("<p class=\"note\">{}</p>\n", safe(history.scenario.description));
  text +=
      "<dl class=\"facts\">\n" + fact("Put back", is_it_back(history)) + fact("Checks", held(run.verdict)) +
      fact("What", fmt::format("{}: {} of {}", safe(run.verdict.fault_class),
                               safe(to_string(history.scenario.target.service)), safe(history.target()))) +
      fact("Asked", safe(history.url)) +
      fact("When", fmt::format("{}, for {}", safe(history.started), seconds(run.timeline.end))) +
      fact("Exit code", fmt::format("{}", run.verdict.exit_code)) + "</dl>\n</header>\n";
  return text;
}

std::string preflight(const History& history) {
  Table refusals{{"check", "what was found"}, {}};
  Table warnings{{"check", "what was found"}, {}};
  bool refused = false;
  bool warned = false;
  for (const drill::Finding& finding : history.preflight) {
    refused = refused || !finding.ok;
    warned = warned || finding.warning;
    if (!finding.ok) refusals.row({safe(finding.check), safe(finding.message)});
    if (finding.warning) warnings.row({safe(finding.check), safe(finding.message)});
  }
  return (refused ? section("What forbids it", refusals.text()) : "") +
         (warned ? section("Warnings of the preflight", warnings.text()) : "");
}

std::string checks(const drill::Verdict& verdict) {
  if (verdict.checks.empty()) return {};
  Table table{{"phase", "check", "outcome", "what was seen"}, {}};
  for (const drill::Check& check : verdict.checks)
    table.row({std::string{to_string(check.phase)}, safe(check.name), outcome(check.outcome),
               safe(check.sentence)});
  return section("What was expected", table.text());
}

}  // namespace meshdrill::report::html
