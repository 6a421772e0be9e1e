#include "report/live_panel.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "probe/show/terms.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

using drill::History;
using drill::Phase;
using probe::Offset;

constexpr std::string_view red = "\033[31m";
constexpr std::string_view yellow = "\033[33m";
constexpr std::string_view bold = "\033[1m";
constexpr std::string_view plain = "\033[0m";

constexpr std::size_t label_width = 10;  // of what stands left of the time line and of the guards

struct Line {
  std::string text;
  std::string_view colour{};
  int rank = 0;  // lines of the highest rank go first where the canvas is low
};

std::chrono::seconds whole_seconds(Offset time) {
  return std::chrono::round<std::chrono::seconds>(std::max(time, Offset::zero()));
}

Offset length_of(const History& history, Phase phase) {
  return std::chrono::duration_cast<Offset>(history.scenario.phases.of(phase));
}

// What is left of the phase, and of it and those after it; both at most, since fail and restore may end
// early.
Offset left_of_phase(const PanelState& state) {
  const drill::PhaseRecord& phase = state.history.phases.back();
  return std::max(phase.from + length_of(state.history, phase.phase) - state.now, Offset::zero());
}

Offset left_of_run(const PanelState& state) {
  Offset left = left_of_phase(state);
  // Without a fault there is the steady state alone.
  if (state.history.scenario.fault.kind == drill::Fault::Kind::none) return left;
  for (const Phase phase : drill::all_phases) {
    if (phase > state.history.phases.back().phase) left += length_of(state.history, phase);
  }
  return left;
}

Line head(const PanelState& state) {
  const Phase phase = state.history.phases.back().phase;
  const bool may_end_early = phase == Phase::fail || phase == Phase::restore;
  return {fmt::format("{}  {}{} left, the run {} at most", to_string(phase), may_end_early ? "at most " : "",
                      format_duration(whole_seconds(left_of_phase(state))),
                      format_duration(whole_seconds(left_of_run(state)))),
          bold};
}

// --- the time line: one column of characters for each slice of the run, as long as it may become

class Axis {
 public:
  Axis(const PanelState& state, std::size_t columns)
      : columns_(columns), end_(std::max(state.now + left_of_run(state), Offset{1})) {}

  [[nodiscard]] std::size_t column(Offset time) const {
    const double share = static_cast<double>(time.count()) / static_cast<double>(end_.count());
    return std::min(columns_ - 1,
                    static_cast<std::size_t>(std::max(0.0, share * static_cast<double>(columns_))));
  }
  [[nodiscard]] std::size_t columns() const { return columns_; }

 private:
  std::size_t columns_;
  Offset end_;
};

// Puts `text` at `column` where there is room for it and nothing else.
void place(std::string& row, std::size_t column, std::string_view text) {
  if (column + text.size() > row.size()) return;
  if (row.substr(column, text.size()).find_first_not_of(' ') != std::string::npos) return;
  row.replace(column, text.size(), text);
}

Line phase_row(const PanelState& state, const Axis& axis) {
  std::string row(axis.columns(), ' ');
  for (const drill::PhaseRecord& phase : state.history.phases)
    place(row, axis.column(phase.from), fmt::format("|{}", to_string(phase.phase)));
  return {fmt::format("{:<{}}{}", "", label_width, row), {}, 2};
}

struct Slice {
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
};

std::vector<Slice> slices(const PanelState& state, const Axis& axis) {
  std::vector<Slice> all(axis.columns());
  for (std::size_t i = 0; i < state.timeline.windows.size(); ++i) {
    Slice& slice = all[axis.column(state.timeline.begin_of(i))];
    slice.answered += state.timeline.windows[i].answered();
    slice.failed += state.timeline.windows[i].failed();
  }
  return all;
}

void add_timeline(std::vector<Line>& lines, const PanelState& state, const Axis& axis) {
  constexpr std::array<std::string_view, 8> heights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::vector<Slice> all = slices(state, axis);
  std::uint64_t most = 1;
  for (const Slice& slice : all) most = std::max(most, slice.answered);
  std::string answers = fmt::format("{:<{}}", "answers", label_width);
  std::string failures = fmt::format("{:<{}}", "failed", label_width);
  const std::size_t now = axis.column(state.now);
  for (std::size_t i = 0; i <= now; ++i) {
    const auto [answered, failed] = all[i];
    answers += answered == 0 ? " " : std::string{heights.at((answered * 7 + most - 1) / most)};
    failures += failed == 0 ? "·" : failed > answered ? "X" : "x";
  }
  lines.push_back({std::move(answers), {}, 2});
  const bool failing =
      std::any_of(all.begin(), all.end(), [](const Slice& slice) { return slice.failed > 0; });
  lines.push_back({std::move(failures), failing ? red : std::string_view{}, 1});
  std::string marks(axis.columns(), ' ');
  const History& history = state.history;
  if (history.faulted) place(marks, axis.column(*history.faulted), "^fault");
  if (history.restore_written) place(marks, axis.column(*history.restore_written), "^restore");
  if (history.faulted) lines.push_back({fmt::format("{:<{}}{}", "", label_width, marks), {}, 2});
}

// --- what users see just now

std::string bar(double share, std::size_t width) {
  const auto full = static_cast<std::size_t>(std::lround(share * static_cast<double>(width)));
  std::string text;
  for (std::size_t i = 0; i < width; ++i) text += i < full ? "█" : "░";
  return text;
}

void add_clusters(std::vector<Line>& lines, const PanelState& state, const probe::Canvas& canvas) {
  std::size_t width = 7;
  for (const drill::ClusterInfo& cluster : state.history.clusters)
    width = std::max(width, cluster.name.size());
  const std::size_t bar_width = canvas.width > width + 50 ? 20 : 8;
  const std::uint64_t answered = state.last_second.answered();
  for (const drill::ClusterInfo& cluster : state.history.clusters) {
    const std::uint64_t count = state.last_second.answered_by(cluster.name);
    const double share = probe::share_of(count, answered);
    const auto ready = state.ready.find(cluster.name);
    lines.push_back(
        {fmt::format("{:<{}}  {}  {:>7}  {:>5}/s  {}{}", cluster.name, width, bar(share, bar_width),
                     probe::show_percent(share), count,
                     ready == state.ready.end() ? "? ready" : fmt::format("{} ready", ready->second),
                     cluster.name == state.history.target() ? "  <- target" : ""),
         {},
         0});
  }
}

// Address × cluster, of the last second.
void add_matrix(std::vector<Line>& lines, const PanelState& state) {
  std::size_t width = 7;
  for (const auto& [address, answers] : state.last_second.answers)
    width = std::max(width, address ? to_string(*address).size() : 0);
  std::string title = fmt::format("{:<{}}", "address", width);
  for (const drill::ClusterInfo& cluster : state.history.clusters)
    title += fmt::format("  {:>{}}", cluster.name, std::max<std::size_t>(7, cluster.name.size()));
  lines.push_back({title + fmt::format("  {:>7}", "failed"), bold, 3});
  for (const auto& [address, answers] : state.last_second.answers) {
    std::string text = fmt::format("{:<{}}", address ? to_string(*address) : "(none)", width);
    for (const drill::ClusterInfo& cluster : state.history.clusters) {
      const auto found = answers.find(cluster.name);
      text += fmt::format("  {:>{}}", found == answers.end() ? "-" : fmt::format("{}/s", found->second),
                          std::max<std::size_t>(7, cluster.name.size()));
    }
    const auto failed = state.last_second.failed.find(address);
    const std::uint64_t count = failed == state.last_second.failed.end() ? 0 : failed->second;
    lines.push_back({text + fmt::format("  {:>7}", count == 0 ? "-" : fmt::format("{}/s", count)),
                     count > 0 ? red : std::string_view{}, 3});
  }
}

// --- what the guards see

void add_guards(std::vector<Line>& lines, const PanelState& state) {
  const drill::Guards& guards = state.history.scenario.guards;
  std::string label = "guards";
  const auto add = [&](const std::string& text, std::string_view colour) {
    lines.push_back({fmt::format("{:<{}}{}", label, label_width, text), colour, 1});
    label.clear();
  };
  for (std::size_t i = 0; i < state.guarded_shares.size(); ++i) {
    const drill::AbortRule& rule = guards.abort_if.at(i);
    add(fmt::format("{} failed over the last {}; more than {} ends the drill",
                    probe::show_percent(state.guarded_shares[i]), format_duration(rule.over),
                    probe::show_percent(rule.errors)),
        state.guarded_shares[i] > rule.errors / 2 ? yellow : std::string_view{});
  }
  int elsewhere = 0;
  for (const auto& [cluster, ready] : state.ready) {
    if (cluster != state.history.target()) elsewhere += ready;
  }
  const auto here = state.history.ready_before.find(state.history.target());
  const int least = guards.survivors_floor(here == state.history.ready_before.end() ? 0 : here->second);
  const Offset deadline = std::chrono::duration_cast<Offset>(guards.deadline) - state.now;
  add(fmt::format("{} ready elsewhere (at least {}); deadline in {}", elsewhere, least,
                  format_duration(whole_seconds(deadline))),
      elsewhere < least ? red : std::string_view{});
}

std::string cut_to(std::string_view text, std::size_t width) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (begins_character && columns++ == width) return std::string{text.substr(0, i)};
  }
  return std::string{text};
}

}  // namespace

std::uint64_t Recent::answered_by(const std::string& cluster) const {
  std::uint64_t sum = 0;
  for (const auto& [address, by_cluster] : answers) {
    const auto found = by_cluster.find(cluster);
    if (found != by_cluster.end()) sum += found->second;
  }
  return sum;
}

std::uint64_t Recent::answered() const {
  std::uint64_t sum = 0;
  for (const auto& [address, by_cluster] : answers) {
    for (const auto& [cluster, count] : by_cluster) sum += count;
  }
  return sum;
}

std::uint64_t Recent::failures() const {
  std::uint64_t sum = 0;
  for (const auto& [address, count] : failed) sum += count;
  return sum;
}

std::vector<std::string> live_panel(const PanelState& state, const probe::Canvas& canvas) {
  std::vector<Line> lines{head(state)};
  if (canvas.width > label_width + 20) {
    const Axis axis{state, canvas.width - label_width};
    lines.push_back(phase_row(state, axis));
    add_timeline(lines, state, axis);
  }
  add_clusters(lines, state, canvas);
  add_matrix(lines, state);
  add_guards(lines, state);
  // Some of the lines above the picture should stay in sight.
  const std::size_t room = canvas.height > 8 ? canvas.height - 5 : 3;
  for (int rank = 3; rank >= 0 && lines.size() > room; --rank) {
    for (std::size_t i = lines.size(); i-- > 1 && lines.size() > room;) {
      if (lines[i].rank == rank) lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  std::vector<std::string> texts;
  for (const Line& line : lines) {
    const std::string text = cut_to(line.text, canvas.width - 1);
    texts.push_back(canvas.colour && !line.colour.empty() ? fmt::format("{}{}{}", line.colour, text, plain)
                                                          : text);
  }
  return texts;
}

}  // namespace meshdrill::report
