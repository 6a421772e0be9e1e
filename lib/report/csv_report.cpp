#include "report/csv_report.hpp"

#include "report/escape.hpp"

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

double in_seconds(probe::Offset time) {
  return static_cast<double>(time.count()) / 1e6;
}

// The phase that holds the middle of the window; none before the first.
std::string_view phase_at(const drill::History& history, probe::Offset time) {
  std::string_view name;
  for (const drill::PhaseRecord& phase : history.phases) {
    if (time >= phase.from) name = to_string(phase.phase);
  }
  return name;
}

std::string latency_fields(const probe::Histogram& latency) {
  if (latency.count() == 0) return ",,,";
  return fmt::format(",{},{},{}", latency.quantile(0.5).count(), latency.quantile(0.99).count(),
                     latency.max().count());
}

}  // namespace

std::string render_csv(const RunRecord& run) {
  const drill::History& history = run.history;
  const Timeline& timeline = run.timeline;
  std::string text = "from_s,length_s,phase,requests,answered,failed,unsent,p50_us,p99_us,max_us";
  for (const drill::ClusterInfo& cluster : history.clusters)
    text += "," + escape_csv("answers " + cluster.name);
  text += ",answers of others\r\n";
  for (std::size_t i = 0; i < timeline.windows.size(); ++i) {
    const TimelineWindow& window = timeline.windows[i];
    const probe::Offset from = timeline.begin_of(i);
    const std::uint64_t answered = window.answered();
    text += fmt::format("{:.3f},{:.3f},{},{},{},{},{}", in_seconds(from), in_seconds(timeline.length),
                        phase_at(history, from + timeline.length / 2),
                        answered + window.failed() + window.unsent, answered, window.failed(), window.unsent);
    text += latency_fields(window.latency);
    std::uint64_t others = answered;
    for (const drill::ClusterInfo& cluster : history.clusters) {
      const auto found = window.answers.find(cluster.name);
      const std::uint64_t count = found == window.answers.end() ? 0 : found->second;
      others -= count;
      text += fmt::format(",{}", count);
    }
    text += fmt::format(",{}\r\n", others);
  }
  return text;
}

}  // namespace meshdrill::report
