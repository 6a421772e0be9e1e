#include "base/text.hpp"
#include "base/text_table.hpp"
#include "probe/show/terms.hpp"
#include "report/comparison.hpp"
#include "report/escape.hpp"
#include "report/phrases.hpp"

#include <cmath>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::report {
namespace {

namespace json = boost::json;

std::chrono::microseconds to_us(double value) {
  return std::chrono::microseconds{std::llround(value)};
}

// "0.290 s (0.280 to 0.300 s)" in the unit of the topic.
std::string measured(Change::Topic topic, double value, const Interval& interval) {
  switch (topic) {
    case Change::Topic::outage:
      if (value == 0) return "none seen";
      return std::isinf(interval.high) ? probe::show_bounds({to_us(interval.low), std::nullopt})
                                       : probe::show_bounds({to_us(interval.low), to_us(interval.high)});
    case Change::Topic::latency:
      if (std::isinf(interval.high)) return "no answer";
      return fmt::format("{} ({} to {})", probe::show_latency(to_us(value)),
                         probe::show_latency(to_us(interval.low)), probe::show_latency(to_us(interval.high)));
    case Change::Topic::errors:
    case Change::Topic::balance:
      break;
  }
  return fmt::format("{:.3g} % ({:.3g} to {:.3g} %)", 100 * value, 100 * interval.low, 100 * interval.high);
}

std::string_view words(Judgement judgement) {
  return judgement == Judgement::unclear ? "no difference shown" : to_string(judgement);
}

std::string closing(const Comparison& comparison) {
  std::string text =
      "An outage differs when the intervals that hold the true lengths do not overlap: these two outages "
      "were of "
      "different length, as two of one mesh may be, too.";
  if (comparison.tests > 0) {
    text += fmt::format(
        " For the other rows, on new connections: were nothing different, any of the {} would be called so "
        "in at "
        "most {:g} % of all comparisons.",
        comparison.tests, 100 * comparison.error);
  }
  return text;
}

std::string sentence(const Comparison& comparison) {
  std::size_t worse = 0;
  std::size_t better = 0;
  std::size_t different = 0;
  const auto count = [&](Judgement judgement) {
    worse += judgement == Judgement::worse ? 1 : 0;
    better += judgement == Judgement::better ? 1 : 0;
    different += judgement == Judgement::different ? 1 : 0;
  };
  count(comparison.verdict);
  for (const Change& change : comparison.changes) count(change.judgement);
  if (worse + better + different == 0) return "no difference shown";
  return fmt::format("{} worse, {} better, {} different", worse, better, different);
}

std::string run_of(const RunRecord& run) {
  return fmt::format("{}, {}: {}", run.history.run, run.history.started, headline(run.verdict.kind));
}

json::value number(double value) {
  return std::isinf(value) ? json::value(nullptr) : json::value(value);
}

json::object side(double value, const Interval& interval) {
  return {{"value", value}, {"low", interval.low}, {"high", number(interval.high)}};
}

json::object describe(const RunRecord& run) {
  return {{"run", run.history.run},
          {"started", run.history.started},
          {"version", run.history.version},
          {"verdict", to_string(run.verdict.kind)},
          {"reason", run.verdict.reason}};
}

}  // namespace

std::string render_text(const Comparison& comparison, const RunRecord& before, const RunRecord& now) {
  std::string text = fmt::format("{}: {}\n\n  before  {}\n  now     {}\n", now.history.scenario.name,
                                 sentence(comparison), printable(run_of(before)), printable(run_of(now)));
  for (const std::string& warning : comparison.warnings)
    text += fmt::format("  warning: {}\n", printable(warning));
  TextTable table{3};
  table.row({"", "what", "judgement", "before", "now"});
  table.row({"verdict", "of the drill", std::string{words(comparison.verdict)}, headline(before.verdict.kind),
             headline(now.verdict.kind)});
  for (const Change& change : comparison.changes) {
    table.row({std::string{to_string(change.topic)}, printable(change.subject),
               std::string{words(change.judgement)},
               measured(change.topic, change.before, change.before_interval),
               measured(change.topic, change.now, change.now_interval)});
  }
  return text + "\n" + table.text() + "\n" + closing(comparison) + "\n";
}

std::string render_markdown(const Comparison& comparison, const RunRecord& before, const RunRecord& now) {
  std::string text =
      fmt::format("## {}: {}\n\n- before: {}\n- now: {}\n", escape_markdown(now.history.scenario.name),
                  sentence(comparison), escape_markdown(run_of(before)), escape_markdown(run_of(now)));
  for (const std::string& warning : comparison.warnings)
    text += fmt::format("- **warning**: {}\n", escape_markdown(warning));
  text += "\n|  | what | before | now | judgement |\n| --- | --- | --- | --- | --- |\n";
  const auto add = [&](std::string_view topic, const std::string& subject, const std::string& was,
                       const std::string& is, Judgement judgement) {
    const std::string mark = judgement == Judgement::unclear ? "" : "**";
    text += fmt::format("| {} | {} | {} | {} | {}{}{} |\n", topic, escape_markdown(subject), was, is, mark,
                        words(judgement), mark);
  };
  add("verdict", "of the drill", headline(before.verdict.kind), headline(now.verdict.kind),
      comparison.verdict);
  for (const Change& change : comparison.changes) {
    add(to_string(change.topic), change.subject,
        measured(change.topic, change.before, change.before_interval),
        measured(change.topic, change.now, change.now_interval), change.judgement);
  }
  return text + "\n" + closing(comparison) + "\n";
}

std::string render_json(const Comparison& comparison, const RunRecord& before, const RunRecord& now) {
  json::array changes;
  for (const Change& change : comparison.changes) {
    changes.push_back({{"topic", to_string(change.topic)},
                       {"subject", change.subject},
                       {"before", side(change.before, change.before_interval)},
                       {"now", side(change.now, change.now_interval)},
                       {"judgement", to_string(change.judgement)}});
  }
  const json::object report{{"schema", 1},
                            {"drill", now.history.scenario.name},
                            {"before", describe(before)},
                            {"now", describe(now)},
                            {"verdict", to_string(comparison.verdict)},
                            {"warnings", json::array(comparison.warnings.begin(), comparison.warnings.end())},
                            {"error", comparison.error},
                            {"tests", comparison.tests},
                            {"changes", std::move(changes)}};
  return json::serialize(report) + "\n";
}

}  // namespace meshdrill::report
