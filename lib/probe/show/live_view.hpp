// A run while it lasts, for whoever watches it: on a terminal a table that is painted over itself, anywhere
// else a line now and then.
#pragma once

#include "probe/show/probe_report.hpp"
#include "probe/statistics/recent.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::probe {

// What the view shows: the run as known so far.
struct LiveState {
  const ProbeConfig& config;
  const Run& run;
  const Summary& summary;
  const Recent& recent;
  const Questions& questions;
  Offset now{};
  std::optional<Duration> duration;  // planned; none: until Ctrl-C
  bool draining = false;             // no more requests are sent, those in flight are waited for
};

struct Canvas {
  std::size_t width = 80;  // columns
  std::size_t height = 24;
  bool colour = false;
};

// The lines of a table that fits the canvas, without newlines.
std::vector<std::string> live_table(const LiveState& state, const Canvas& canvas);

// One line, ending in a newline: "    12.0 s  cilium-001 20/s  cilium-002 19/s  failed 0/s  p99 3.1 ms".
std::string live_line(const LiveState& state);

// What to write to a terminal to paint `lines` over the `painted` ones before them.
std::string repaint(const std::vector<std::string>& lines, std::size_t painted);

}  // namespace meshdrill::probe
