#include "report/junit_report.hpp"

#include "report/escape.hpp"
#include "report/phrases.hpp"
#include "report/text_report.hpp"

#include <set>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

using drill::Outcome;
using drill::VerdictKind;

enum class Result { passed, failure, error, skipped };

struct Case {
  std::string name;
  Result result = Result::passed;
  std::string type;  // "fail", "inconclusive", "refused", …
  std::string message;
};

struct Suite {
  std::string name;
  std::optional<probe::Offset> time;
  std::vector<Case> cases;
};

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
};

std::string to_text(const Counts& counts) {
  return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}")", counts.tests, counts.failures,
                     counts.errors, counts.skipped);
}

// CLUSTER/PHASE/CHECK, each of them once: GitLab drops a second case of the same name.
class Names {
 public:
  explicit Names(std::string cluster) : cluster_(std::move(cluster)) {}

  std::string make(std::string_view phase, std::string_view check) {
    const std::string name = fmt::format("{}/{}/{}", cluster_, phase, check);
    std::string unique = name;
    for (int n = 2; !used_.insert(unique).second; ++n) unique = fmt::format("{} ({})", name, n);
    return unique;
  }

 private:
  std::string cluster_;
  std::set<std::string> used_;
};

Suite preflight_suite(const drill::History& history, Names& names) {
  Suite suite{"preflight", std::nullopt, {}};
  for (const drill::Finding& finding : history.preflight) {
    suite.cases.push_back({names.make("preflight", finding.check),
                           finding.ok ? Result::passed : Result::error, "refused", finding.message});
  }
  return suite;
}

Case of_check(const drill::Check& check, Names& names) {
  const Result result = check.outcome == Outcome::pass   ? Result::passed
                        : check.outcome == Outcome::fail ? Result::failure
                                                         : Result::error;
  return {names.make(to_string(check.phase), check.name), result, std::string{to_string(check.outcome)},
          check.sentence};
}

Suite phase_suite(const RunRecord& run, drill::Phase phase, Names& names) {
  Suite suite{std::string{to_string(phase)}, std::nullopt, {}};
  const drill::PhaseRecord* record = run.history.phase(phase);
  suite.cases.push_back({names.make(suite.name, "reached"),
                         record == nullptr ? Result::skipped : Result::passed,
                         {},
                         "the run ended before this phase"});
  if (record != nullptr) suite.time = record->to.value_or(run.timeline.end) - record->from;
  for (const drill::Check& check : run.verdict.checks) {
    if (check.phase == phase) suite.cases.push_back(of_check(check, names));
  }
  return suite;
}

// Whether the run came to its end and left nothing behind, whatever was measured.
Suite run_suite(const RunRecord& run, Names& names) {
  const drill::Verdict& verdict = run.verdict;
  Suite suite{"run", std::nullopt, {}};
  const bool judged =
      verdict.kind == VerdictKind::pass || verdict.kind == VerdictKind::fail ||
      verdict.kind == VerdictKind::restore_failed ||
      (verdict.kind == VerdictKind::inconclusive && drill::deciding_check(verdict.checks) != nullptr);
  suite.cases.push_back({names.make("run", "completed"), judged ? Result::passed : Result::error,
                         std::string{to_string(verdict.kind)}, verdict.reason});
  suite.cases.push_back({names.make("run", "put-back"),
                         !run.history.changed       ? Result::skipped
                         : is_all_back(run.history) ? Result::passed
                                                    : Result::failure,
                         "restore-failed", run.history.changed ? verdict.reason : "nothing was changed"});
  return suite;
}

Counts count(const std::vector<Case>& cases) {
  Counts counts;
  for (const Case& one : cases) {
    ++counts.tests;
    counts.failures += one.result == Result::failure ? 1 : 0;
    counts.errors += one.result == Result::error ? 1 : 0;
    counts.skipped += one.result == Result::skipped ? 1 : 0;
  }
  return counts;
}

std::string render(const Case& one, const std::string& classname) {
  const std::string head = fmt::format(R"(    <testcase name="{}" classname="{}" time="0")",
                                       escape_xml(one.name), escape_xml(classname));
  const std::string message = escape_xml(one.message);
  switch (one.result) {
    case Result::passed:
      return head + "/>\n";
    case Result::skipped:
      return fmt::format("{}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", head, message);
    case Result::failure:
    case Result::error:
      break;
  }
  const std::string_view element = one.result == Result::failure ? "failure" : "error";
  return fmt::format("{}>\n      <{} type=\"{}\" message=\"{}\">{}</{}>\n    </testcase>\n", head, element,
                     escape_xml(one.type), message, message, element);
}

double in_seconds(probe::Offset time) {
  return static_cast<double>(time.count()) / 1e6;
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, escape_xml(value));
}

std::string render(const Suite& suite, const RunRecord& run) {
  const drill::History& history = run.history;
  const std::string& drill = history.scenario.name;
  std::string text =
      fmt::format(R"(  <testsuite name="{}.{}" {} time="{:.3f}" timestamp="{}" file="{}">)"
                  "\n    <properties>\n",
                  escape_xml(drill), suite.name, to_text(count(suite.cases)),
                  in_seconds(suite.time.value_or(probe::Offset{})), escape_xml(history.started),
                  escape_xml(history.scenario.target.where.file.str()));
  text += property("run", history.run) + property("meshdrill", history.version) +
          property("url", history.url) + property("target", history.target()) +
          property("faultClass", run.verdict.fault_class) + property("verdict", to_string(run.verdict.kind)) +
          "    </properties>\n";
  for (const Case& one : suite.cases) text += render(one, drill + "." + suite.name);
  if (suite.name == "run") {
    text += fmt::format("    <system-out>{}</system-out>\n",
                        escape_xml_text(render_text(history, run.verdict, false)));
  }
  return text + "  </testsuite>\n";
}

}  // namespace

std::string render_junit(const RunRecord& run) {
  Names names{run.history.target()};
  std::vector<Suite> suites{preflight_suite(run.history, names)};
  // Without a fault there is the steady state alone.
  const bool smoke = run.history.scenario.fault.kind == drill::Fault::Kind::none;
  for (const drill::Phase phase : drill::all_phases) {
    if (!smoke || phase == drill::Phase::baseline) suites.push_back(phase_suite(run, phase, names));
  }
  suites.push_back(run_suite(run, names));
  std::vector<Case> all;
  std::string body;
  for (const Suite& suite : suites) {
    all.insert(all.end(), suite.cases.begin(), suite.cases.end());
    body += render(suite, run);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meshdrill {}\" {} time=\"{:.3f}\">\n{}"
      "</testsuites>\n",
      escape_xml(run.history.scenario.name), to_text(count(all)), in_seconds(run.timeline.end), body);
}

}  // namespace meshdrill::report
