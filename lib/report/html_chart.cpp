#include "report/html_chart.hpp"

#include "report/escape.hpp"
#include "report/phrases.hpp"

#include <algorithm>
#include <numeric>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::report {
namespace {

namespace json = boost::json;

// More than this many cannot be told apart; the rest is drawn as one.
constexpr std::size_t most_clusters = 12;
constexpr std::size_t most_outage_rows = 16;
constexpr std::size_t most_outages = 5000;
constexpr std::size_t most_stalls = 1000;
constexpr std::size_t longest_text = 400;

std::string drawn_text(std::string_view text) {
  return clean(shorten(text, longest_text));
}

// The clusters of the mesh that answered most, in the order of the mesh.
std::vector<std::string> drawn_clusters(const RunRecord& run) {
  std::map<std::string, std::uint64_t> answers;
  for (const TimelineWindow& window : run.timeline.windows) {
    for (const auto& [cluster, count] : window.answers) answers[cluster] += count;
  }
  const auto& clusters = run.history.clusters;
  std::vector<std::size_t> ranked(clusters.size());
  std::iota(ranked.begin(), ranked.end(), std::size_t{0});
  std::sort(ranked.begin(), ranked.end(), [&](std::size_t a, std::size_t b) {
    const std::uint64_t of_a = answers[clusters[a].name];
    const std::uint64_t of_b = answers[clusters[b].name];
    return of_a != of_b ? of_a > of_b : a < b;
  });
  if (ranked.size() > most_clusters) ranked.resize(most_clusters);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> names;
  for (const std::size_t index : ranked) names.push_back(clusters[index].name);
  return names;
}

json::value quantile(const probe::Histogram& latency, double part) {
  return latency.count() == 0 ? json::value(nullptr) : json::value(latency.quantile(part).count());
}

json::array window_row(const TimelineWindow& window, const std::vector<std::string>& clusters, bool others) {
  json::array row;
  std::uint64_t rest = window.answered();
  for (const std::string& cluster : clusters) {
    const auto found = window.answers.find(cluster);
    const std::uint64_t count = found == window.answers.end() ? 0 : found->second;
    rest -= count;
    row.emplace_back(count);
  }
  if (others) row.emplace_back(rest);
  row.emplace_back(window.failed());
  row.emplace_back(window.unsent);
  row.emplace_back(quantile(window.latency, 0.5));
  row.emplace_back(quantile(window.latency, 0.99));
  return row;
}

json::array phases(const RunRecord& run) {
  json::array all;
  for (const drill::PhaseRecord& phase : run.history.phases) {
    all.push_back({{"phase", to_string(phase.phase)},
                   {"from", phase.from.count()},
                   {"to", phase.to.value_or(run.timeline.end).count()}});
  }
  return all;
}

json::array marks(const drill::History& history) {
  json::array all;
  if (history.faulted) all.push_back({{"name", "fault"}, {"at", history.faulted->count()}});
  if (history.restore_written) all.push_back({{"name", "restore"}, {"at", history.restore_written->count()}});
  if (history.abort) all.push_back({{"name", "ended early"}, {"at", history.abort->at.count()}});
  return all;
}

json::array events(const Timeline& timeline) {
  json::array all;
  for (const TimelineEvent& event : timeline.events)
    all.push_back(
        {{"kind", to_string(event.kind)}, {"at", event.at.count()}, {"text", drawn_text(event.text)}});
  return all;
}

// Streams that had an outage get a row each; those that do not fit share the last.
void add_outages(json::object& data, const RunRecord& run) {
  json::array streams;
  json::array outages;
  for (std::size_t i = 0; i < run.history.outages.size(); ++i) {
    if (run.history.outages[i].empty()) continue;
    const std::string& name = run.history.streams[i].name;
    if (streams.size() < most_outage_rows) streams.emplace_back(drawn_text(name));
    for (const probe::Outage& outage : run.history.outages[i]) {
      if (outages.size() == most_outages) break;
      outages.push_back({{"row", streams.size() - 1},
                         {"stream", drawn_text(name)},
                         {"kind", probe::to_string(outage.kind)},
                         {"from", outage.first_bad.count()},
                         {"to", outage.next_good.value_or(run.timeline.end).count()},
                         {"interval", interval(outage.bounds())}});
    }
  }
  data["outageStreams"] = std::move(streams);
  data["outages"] = std::move(outages);
}

}  // namespace

json::object chart_data(const RunRecord& run) {
  std::vector<std::string> clusters = drawn_clusters(run);
  json::array windows;
  const bool others =
      std::any_of(run.timeline.windows.begin(), run.timeline.windows.end(), [&](const auto& w) {
        return std::any_of(w.answers.begin(), w.answers.end(), [&](const auto& one) {
          return std::find(clusters.begin(), clusters.end(), one.first) == clusters.end();
        });
      });
  for (const TimelineWindow& window : run.timeline.windows)
    windows.emplace_back(window_row(window, clusters, others));
  if (others) clusters.emplace_back("others");
  json::array names;
  for (const std::string& cluster : clusters) names.emplace_back(drawn_text(cluster));
  json::array stalls;
  for (const probe::Stall& stall : run.history.stalls) {
    if (stalls.size() < most_stalls) stalls.emplace_back(json::array{stall.start.count(), stall.end.count()});
  }
  json::object data{{"title", fmt::format("Timeline of the drill {}", run.history.scenario.name)},
                    {"length", run.timeline.length.count()},
                    {"end", run.timeline.end.count()},
                    {"clusters", std::move(names)},
                    {"windows", std::move(windows)},
                    {"phases", phases(run)},
                    {"marks", marks(run.history)},
                    {"events", events(run.timeline)},
                    {"stalls", std::move(stalls)}};
  add_outages(data, run);
  return data;
}

}  // namespace meshdrill::report
