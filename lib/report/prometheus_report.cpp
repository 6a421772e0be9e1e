#include "report/prometheus_report.hpp"

#include "report/escape.hpp"
#include "report/phrases.hpp"

#include <cmath>
#include <ctime>
#include <initializer_list>
#include <iomanip>
#include <limits>
#include <sstream>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

using drill::VerdictKind;

using LabelList = std::initializer_list<std::pair<std::string_view, std::string_view>>;

std::string to_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return "+Inf";
  return fmt::format("{}", value);
}

// One metric after the other, each sample with the labels that name the drill.
class Writer {
 public:
  explicit Writer(const drill::History& history)
      : common_(fmt::format(R"(drill="{}",target="{}")", escape_label(history.scenario.name),
                            escape_label(history.target()))) {}

  void begin(std::string_view name, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP meshdrill_drill_{} {}\n# TYPE meshdrill_drill_{} gauge\n", name, help, name);
  }
  void sample(LabelList labels, double value) {
    std::string all = common_;
    for (const auto& [label, of_label] : labels)
      all += fmt::format(R"(,{}="{}")", label, escape_label(of_label));
    text_ += fmt::format("meshdrill_drill_{}{{{}}} {}\n", name_, all, to_text(value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string common_;
  std::string name_;
  std::string text_;
};

double in_seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

// Of "2026-01-31T08:05:09Z"; none when it is something else.
std::optional<std::time_t> unix_time(const std::string& text) {
  std::tm broken_down{};
  std::istringstream stream{text};
  stream >> std::get_time(&broken_down, "%Y-%m-%dT%H:%M:%SZ");
  if (stream.fail()) return std::nullopt;
  return ::timegm(&broken_down);
}

void write_verdict(Writer& out, const RunRecord& run) {
  const drill::History& history = run.history;
  out.begin("info", "The drill that was run; always 1.");
  out.sample({{"run", history.run},
              {"version", history.version},
              {"url", history.url},
              {"fault_class", run.verdict.fault_class}},
             1);
  if (const auto started = unix_time(history.started)) {
    out.begin("start_time_seconds", "When it was started, since 1970.");
    out.sample({}, static_cast<double>(*started));
  }
  out.begin("duration_seconds", "From its start to its last entry.");
  out.sample({}, in_seconds(run.timeline.end));
  out.begin("verdict", "1 for the verdict that it came to, 0 for the others.");
  for (int i = 0; i <= static_cast<int>(VerdictKind::unfinished); ++i) {
    const auto kind = static_cast<VerdictKind>(i);
    out.sample({{"verdict", to_string(kind)}}, kind == run.verdict.kind ? 1 : 0);
  }
  out.begin("exit_code", "As in the reference of exit codes; 0 is a pass.");
  out.sample({}, run.verdict.exit_code);
  out.begin("check", "1 held, 0 did not hold, NaN could not be judged.");
  for (const drill::Check& check : run.verdict.checks) {
    const double value = check.outcome == drill::Outcome::pass   ? 1
                         : check.outcome == drill::Outcome::fail ? 0
                                                                 : std::nan("");
    out.sample({{"phase", to_string(check.phase)}, {"check", check.name}}, value);
  }
  out.begin("restored", "1 when all is back and verified, or nothing was changed; 0 when not.");
  out.sample({}, is_all_back(history) ? 1 : 0);
}

// One sample for each outcome; http_status has one for each status, by a label of its own.
void write_cell(Writer& out, drill::Phase phase, const probe::CellKey& key, const probe::Cell& cell) {
  for (std::size_t i = 0; i < probe::outcome_count; ++i) {
    const auto outcome = static_cast<probe::Outcome>(i);
    const auto put = [&](std::uint64_t count, std::string_view status) {
      out.sample({{"phase", to_string(phase)},
                  {"kind", to_string(key.kind)},
                  {"connection", to_string(key.connection)},
                  {"vantage", key.vantage},
                  {"address", key.address ? to_string(*key.address) : std::string{}},
                  {"cluster", key.cluster},
                  {"outcome", to_string(outcome)},
                  {"status", status}},
                 static_cast<double>(count));
    };
    if (outcome == probe::Outcome::http_status) {
      for (const auto& [status, count] : cell.statuses.by_frequency())
        put(count, fmt::format("{:03}", status));
    } else if (cell.outcomes.at(i) > 0) {
      put(cell.outcomes.at(i), "");
    }
  }
}

void write_phases(Writer& out, const RunRecord& run) {
  out.begin("phase_seconds", "How long the phase lasted.");
  for (const drill::PhaseRecord& phase : run.history.phases) {
    out.sample({{"phase", to_string(phase.phase)}},
               in_seconds(phase.to.value_or(run.timeline.end) - phase.from));
  }
  out.begin("requests", "Requests of a phase by who was asked, who answered and how they ended.");
  for (const drill::PhaseRecord& phase : run.history.phases) {
    for (const auto& [key, cell] : phase.tally.cells()) write_cell(out, phase.phase, key, cell);
  }
  out.begin("latency_seconds", "Quantiles of the answered requests of a phase, from their planned start.");
  for (const drill::PhaseRecord& phase : run.history.phases) {
    const probe::Cell all = phase.tally.sum();
    if (all.latency().count() == 0) continue;
    for (const auto& [name, part] : {std::pair{"0.5", 0.5}, std::pair{"0.9", 0.9}, std::pair{"0.99", 0.99}})
      out.sample({{"phase", to_string(phase.phase)}, {"quantile", name}},
                 in_seconds(all.latency().quantile(part)));
  }
}

void write_outages(Writer& out, const drill::History& history) {
  out.begin("outages", "How many each stream saw.");
  for (std::size_t i = 0; i < history.streams.size(); ++i)
    out.sample({{"stream", history.streams[i].name}}, static_cast<double>(history.outages.at(i).size()));
  out.begin(
      "longest_outage_seconds",
      "Bounds of the length of the longest outage of each stream; 0 without one, +Inf when its end was not "
      "seen.");
  for (std::size_t i = 0; i < history.streams.size(); ++i) {
    probe::Bounds longest{{}, std::chrono::microseconds{0}};
    for (const probe::Outage& outage : history.outages.at(i)) {
      if (outage.bounds().lower >= longest.lower) longest = outage.bounds();
    }
    out.sample({{"stream", history.streams[i].name}, {"bound", "lower"}}, in_seconds(longest.lower));
    out.sample({{"stream", history.streams[i].name}, {"bound", "upper"}},
               longest.upper ? in_seconds(*longest.upper) : std::numeric_limits<double>::infinity());
  }
}

}  // namespace

std::string render_prometheus(const RunRecord& run) {
  Writer out{run.history};
  write_verdict(out, run);
  write_phases(out, run);
  write_outages(out, run.history);
  return out.take();
}

}  // namespace meshdrill::report
