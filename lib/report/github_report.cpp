#include "report/github_report.hpp"

#include "base/text.hpp"
#include "report/escape.hpp"
#include "report/phrases.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

using drill::Outcome;

std::string annotation(const RunRecord& run, std::string_view command, std::string_view title,
                       std::string_view message) {
  const Location& where = run.history.scenario.target.where;
  std::string properties;
  if (!where.file.empty())
    properties =
        fmt::format("file={},line={},", escape_github_property(where.file.str()), std::max(where.line, 1));
  return fmt::format("::{} {}title={}::{}\n", command, properties, escape_github_property(title),
                     escape_github(message));
}

// At most most_annotations; the last says how many there would be more.
std::string list(const RunRecord& run, std::string_view command, Outcome outcome, std::size_t room) {
  std::vector<const drill::Check*> checks;
  for (const drill::Check& check : run.verdict.checks) {
    if (check.outcome == outcome) checks.push_back(&check);
  }
  std::string text;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (i + 1 == room && checks.size() > room) {
      return text + annotation(run, command, run.history.scenario.name,
                               fmt::format("{} more like these: see the report", checks.size() - i));
    }
    text += annotation(
        run, command,
        fmt::format("{}: {}, {}", run.history.scenario.name, to_string(checks[i]->phase), checks[i]->name),
        checks[i]->sentence);
  }
  return text;
}

}  // namespace

std::string render_github(const RunRecord& run) {
  const drill::Verdict& verdict = run.verdict;
  const std::string title = fmt::format("{}: {}", headline(verdict.kind), run.history.scenario.name);
  if (verdict.kind == drill::VerdictKind::pass) return annotation(run, "notice", title, verdict.reason);
  const std::string head = annotation(
      run, verdict.kind == drill::VerdictKind::inconclusive ? "warning" : "error", title, verdict.reason);
  // One of the errors, or of the warnings, is the head; leaving room for it in both is simpler to say.
  return head + list(run, "error", Outcome::fail, most_annotations - 1) +
         list(run, "warning", Outcome::inconclusive, most_annotations - 1);
}

}  // namespace meshdrill::report
