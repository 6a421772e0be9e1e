#include "probe/show/live_view.hpp"

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "probe/show/live_rows.hpp"
#include "probe/show/terms.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

// Every code point that we print is one column wide.
constexpr bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::string cut_to(std::string_view text, std::size_t width) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && columns++ == width) return std::string{text.substr(0, i)};
  }
  return std::string{text};
}

std::string finish(const Line& line, const Canvas& canvas) {
  std::string text = cut_to(line.text, canvas.width);
  if (!canvas.colour || line.colour.empty()) return text;
  return fmt::format("{}{}{}", line.colour, text, plain);
}

void add_head(std::vector<Line>& lines, const LiveState& state) {
  const Cell all = state.summary.tally().sum();
  const auto seconds = [](auto time) { return std::chrono::duration_cast<std::chrono::seconds>(time); };
  std::string time = format_duration(seconds(std::max(state.now, Offset::zero())));
  if (state.duration) time += " of " + format_duration(*state.duration);
  if (state.draining) time = "waiting for requests in flight";
  lines.push_back({fmt::format("{}  {}", state.config.url, time), bold});
  lines.push_back({fmt::format("  {}, {}, {} failed ({})", plural(state.run.streams.size(), "stream"),
                               plural(all.evidence(), "request"), all.failed(),
                               show_percent(share_of(all.failed(), all.evidence())))});
}

void add_dns(std::vector<Line>& lines, const LiveState& state) {
  for (const auto& [key, lookup] : state.summary.lookups()) {
    const DnsAnswer& last = lookup.last;
    if (last.result == DnsResult::empty) continue;
    std::string text = fmt::format("  {} {} ", key.family == Family::ipv4 ? "A" : "AAAA", last.server);
    for (const AddressRecord& record : last.records)
      text += fmt::format(" {} TTL {} s", to_string(record.address), record.ttl.count());
    if (last.result != DnsResult::ok) text += fmt::format(" {}", describe(outcome_of(last.result)));
    text += fmt::format("  {} ago", show_latency(std::max(state.now - last.asked, Offset::zero())));
    lines.push_back({std::move(text), last.result == DnsResult::ok ? std::string_view{} : red});
  }
}

void add_outages(std::vector<Line>& lines, const std::vector<StreamSummary>& streams) {
  for (const StreamSummary& stream : streams) {
    if (stream.outages.empty()) continue;
    const Outage& last = stream.outages.back();
    std::string text = fmt::format(
        "  {}: {}, {}", stream.stream.name, plural(stream.outages.size(), "outage"),
        last.open() ? fmt::format("DOWN since {}, {} so far", show_seconds(last.first_bad),
                                  show_seconds(last.last_bad - last.first_bad))
                    : fmt::format("last a {} of {}", to_string(last.kind), show_bounds(last.bounds())));
    lines.push_back({std::move(text), last.open() ? red : yellow});
  }
}

void add_balance(std::vector<Line>& lines, const BalanceFindings& findings) {
  // Under balance the evidence ever comes to 20 in one run of twenty at most.
  constexpr double alarm = 1.30103;
  const auto add = [&](const std::string& what, const BalanceVerdict& verdict) {
    const bool strange = verdict.log10_evidence >= alarm;
    std::string text = fmt::format("  {}: {} after {}", what, describe(verdict.verdict),
                                   plural(verdict.connections, "connection"));
    if (verdict.verdict == Balance::not_enough_data)
      text += fmt::format(" of about {}", verdict.connections_needed);
    if (strange) text += "; not split as expected";
    const bool bad = verdict.verdict == Balance::unbalanced;
    lines.push_back({std::move(text), bad                                    ? red
                                      : strange                              ? yellow
                                      : verdict.verdict == Balance::balanced ? green
                                                                             : std::string_view{}});
  };
  for (const auto& [address, verdict] : findings.behind) add("behind " + to_string(address), verdict);
  if (findings.following_dns) add("following DNS", *findings.following_dns);
}

void add_conditions(std::vector<Line>& lines, const LiveState& state,
                    const std::vector<StreamSummary>& streams, const std::vector<std::string>& clusters,
                    const BalanceFindings& findings) {
  const Evidence evidence{state.summary, streams, clusters, findings.all(), state.questions.rule};
  for (const Condition& condition : state.questions.conditions) {
    const ConditionResult result = judge(condition, evidence);
    const bool yes = result.holds == Holds::yes;
    const bool no = result.holds == Holds::no;
    lines.push_back({fmt::format("  {} {}: {}",
                                 yes  ? "✓"
                                 : no ? "✗"
                                      : "?",
                                 printable(condition.text), result.sentence),
                     yes  ? green
                     : no ? red
                          : std::string_view{}});
  }
}

}  // namespace

std::vector<std::string> live_table(const LiveState& state, const Canvas& canvas) {
  const auto clusters = expected_clusters(state.config, state.summary, state.questions);
  const auto findings = judge_layers(state.run, state.summary, clusters, state.questions);
  const auto streams = state.summary.streams();
  const auto by_cluster = cluster_rows(state, clusters);
  const auto by_address = address_rows(state);
  std::size_t name_width = 10;
  for (const auto* rows : {&by_cluster, &by_address}) {
    for (const Row& row : *rows) name_width = std::max(name_width, row.name.size());
  }
  const Layout layout = lay_out(canvas, name_width);
  std::vector<Line> lines;
  add_head(lines, state);
  add_dns(lines, state);
  lines.push_back({});
  lines.push_back(table_head("cluster", "share", layout, name_width));
  for (const Row& row : by_cluster) lines.push_back(row_line(row, layout, name_width));
  lines.push_back(table_head("address", "ok", layout, name_width));
  for (const Row& row : by_address) lines.push_back(row_line(row, layout, name_width));
  lines.push_back({});
  add_outages(lines, streams);
  add_balance(lines, findings);
  add_conditions(lines, state, streams, clusters, findings);
  lines.push_back({state.draining ? "Ctrl-C does not wait for them." : "Ctrl-C ends it with the summary."});
  std::vector<std::string> result;
  // The cursor cannot go up beyond the first row of the screen.
  const std::size_t most = canvas.height > 1 ? canvas.height - 1 : 1;
  for (const Line& line : lines) {
    if (result.size() == most) break;
    result.push_back(finish(line, canvas));
  }
  return result;
}

std::string live_line(const LiveState& state) {
  const Recent::Second second = state.recent.latest();
  const Cell all = state.summary.tally().sum();
  std::string line =
      fmt::format("{:>10}", fmt::format("{:.1f} s", static_cast<double>(state.now.count()) / 1e6));
  for (const std::string& cluster : expected_clusters(state.config, state.summary, state.questions)) {
    const auto found = second.clusters.find(cluster);
    line += fmt::format("  {} {}/s", printable(cluster), found == second.clusters.end() ? 0 : found->second);
  }
  line += fmt::format("  failed {}/s", second.all.failed);
  if (all.ok() > 0) line += fmt::format("  p99 {}", show_latency(all.latency().quantile(0.99)));
  return line + "\n";
}

std::string repaint(const std::vector<std::string>& lines, std::size_t painted) {
  std::string text;
  if (painted > 0) text += fmt::format("\033[{}A", painted);
  for (const std::string& line : lines) text += fmt::format("\r{}\033[K\n", line);
  // What is left of a longer picture.
  return text + "\033[J";
}

}  // namespace meshdrill::probe
