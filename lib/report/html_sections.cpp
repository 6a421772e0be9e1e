#include "report/html_sections.hpp"

#include "base/text.hpp"
#include "report/escape.hpp"
#include "report/html_parts.hpp"
#include "report/phrases.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace meshdrill::report::html {
namespace {

using drill::History;

constexpr std::size_t most_rows = 200;

using RowKey = std::pair<std::optional<IpAddress>, probe::ConnectionKind>;

std::string share_cell(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("<td class=\"n cell\" style=\"--share:{:.1f}%\">{}</td>",
                     100 * static_cast<double>(part) / static_cast<double>(std::max<std::uint64_t>(whole, 1)),
                     with_share(part, whole));
}

std::string matrix_of(const drill::PhaseRecord& phase, const std::vector<drill::ClusterInfo>& clusters) {
  std::map<RowKey, std::map<std::string, probe::Cell>> rows;
  for (const auto& [key, cell] : phase.tally.cells()) {
    probe::Cell& place = rows[{key.address, key.connection}][key.cluster];
    place.merge(cell);
  }
  std::string text = "<div class=\"scroll\"><table>\n<tr><th>address</th><th>connection</th>";
  for (const drill::ClusterInfo& cluster : clusters)
    text += fmt::format("<th class=\"n\">{}</th>", safe(cluster.name));
  text += "<th class=\"n\">not answered</th><th class=\"n\">requests</th></tr>\n";
  for (const auto& [key, cells] : rows) {
    std::uint64_t total = 0;
    std::uint64_t answered = 0;
    for (const auto& [cluster, cell] : cells) total += cell.total();
    text += fmt::format("<tr><td>{}</td><td>{}</td>", key.first ? to_string(*key.first) : "(none)",
                        to_string(key.second));
    for (const drill::ClusterInfo& cluster : clusters) {
      const auto found = cells.find(cluster.name);
      const std::uint64_t count = found == cells.end() ? 0 : found->second.total();
      answered += count;
      text += share_cell(count, total);
    }
    text += share_cell(total - answered, total) + fmt::format("<td class=\"n\">{}</td></tr>\n", total);
  }
  return text + "</table></div>\n";
}

}  // namespace

std::string outages(const History& history) {
  if (history.streams.empty()) return {};
  Table table{{"stream", "kind", "true length", "began", "failed", "why"}, {false, false, true, true, true}};
  std::size_t rows = 0;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < history.outages.size(); ++i) {
    if (history.outages[i].empty()) table.row({safe(history.streams[i].name), "none seen"});
    for (const probe::Outage& outage : history.outages[i]) {
      if (++rows > most_rows) {
        ++left_out;
        continue;
      }
      table.row({safe(history.streams[i].name), std::string{probe::to_string(outage.kind)},
                 interval(outage.bounds()), since_change(history, outage), fmt::format("{}", outage.failed),
                 safe(reasons(outage))});
    }
  }
  std::string text = table.text();
  if (left_out > 0)
    text += fmt::format("<p>{} more are drawn above, and stand in the JSON report.</p>\n", left_out);
  return section(
      "Outages, stream by stream",
      text +
          "<p class=\"note\">The true length of a blackout lies in its interval; a brownout is the time "
          "in which users saw failures.</p>\n");
}

std::string matrix(const History& history) {
  std::string text;
  for (const Period& period : periods(history)) {
    const probe::Cell all = period.phase->tally.sum();
    text += fmt::format("<h3>{}</h3>\n{}<p class=\"note\">Latency p50 {}, p99 {}, at most {}.</p>\n",
                        period.title, matrix_of(*period.phase, history.clusters), latency(all.latency(), 0.5),
                        latency(all.latency(), 0.99), latency(all.latency(), 1));
  }
  return text.empty() ? text : section("Who answered, by the address that was asked", text);
}

std::string proofs(const History& history) {
  Table table{{"what", "when"}, {false, true}};
  for (const Proof& proof : report::proofs(history)) table.row({safe(proof.what), proof.when});
  return history.faulted ? section("The proofs: the fault and the restore", table.text()) : std::string{};
}

std::string put_back(const History& history) {
  if (!history.changed) return section("Put back", "<p>Nothing was changed in any cluster.</p>\n");
  const bool back = is_all_back(history);
  std::string text = "<ul>\n";
  for (const std::string& line : report::put_back(history)) {
    text += fmt::format(
        "<li>{}: {}</li>\n", safe(line),
        back ? "<span class=\"pass\">✓ verified</span>" : "<span class=\"fail\">✗ NOT VERIFIED</span>");
  }
  for (const std::string& line : history.ownership) text += fmt::format("<li>{}</li>\n", safe(line));
  text += "</ul>\n";
  if (!back && history.restored) text += fmt::format("<pre>{}</pre>\n", safe(history.restored->message));
  return section("Put back", text);
}

std::string what_happened(const Timeline& timeline) {
  if (timeline.events.empty()) return {};
  Table table{{"at", "what", ""}, {true}};
  std::size_t rows = 0;
  for (const TimelineEvent& event : timeline.events) {
    if (++rows > most_rows) break;
    table.row({seconds(event.at), std::string{to_string(event.kind)}, safe(event.text)});
  }
  std::string text = table.text();
  const std::size_t left_out = timeline.events.size() - std::min(rows, timeline.events.size()) +
                               (rows > most_rows ? 1 : 0) + timeline.events_left_out;
  if (left_out > 0) text += fmt::format("<p>{} more stand in the journal.</p>\n", left_out);
  return fmt::format(
      "<section>\n<details><summary>What happened in the clusters and in "
      "DNS</summary>\n{}</details>\n</section>\n",
      text);
}

std::string not_proved(const RunRecord& run) {
  std::string text;
  for (const std::string& sentence : report::not_proved(run.history, run.verdict))
    text += fmt::format("<li>{}</li>\n", safe(sentence));
  if (text.empty()) return text;
  return section(fmt::format("Not proved by this drill ({})", safe(run.verdict.fault_class)),
                 "<ul>\n" + text + "</ul>\n");
}

std::string environment(const RunRecord& run) {
  const History& history = run.history;
  std::string text = "<dl class=\"facts\">\n" + fact("Run", safe(history.run)) +
                     fact("meshdrill", safe(history.version)) + fact("Measured from", safe(history.host)) +
                     fact("Mesh", safe(history.mesh));
  if (!history.scenario.runbook.empty()) text += fact("Runbook", safe(history.scenario.runbook));
  text += fact("Requests", fmt::format("{:g} a second on each of {}", history.scenario.traffic.rate,
                                       plural(history.streams.size(), "stream"))) +
          fact("Prober stalls", fmt::format("{}", history.stalls.size())) +
          fact("Windows drawn",
               fmt::format("{} of {}", run.timeline.windows.size(), seconds(run.timeline.length))) +
          "</dl>\n";
  Table clusters{{"cluster", "context", "ingress", "ready endpoints before", "uid of kube-system"},
                 {false, false, false, true}};
  for (const drill::ClusterInfo& cluster : history.clusters) {
    std::vector<std::string> addresses;
    for (const IpAddress& address : cluster.ingress) addresses.push_back(to_string(address));
    const auto ready = history.ready_before.find(cluster.name);
    clusters.row({safe(cluster.name), safe(cluster.context), fmt::format("{}", fmt::join(addresses, ", ")),
                  ready == history.ready_before.end() ? "-" : fmt::format("{}", ready->second),
                  safe(cluster.uid)});
  }
  text += clusters.text();
  text += fmt::format("<details><summary>The drill file</summary>\n<pre>{}</pre></details>\n",
                      escape_xml(shorten(history.scenario.text, 200'000)));
  return section("Environment", text);
}

}  // namespace meshdrill::report::html
