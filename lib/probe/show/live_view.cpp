#include "probe/show/live_view.hpp"

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "probe/show/terms.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

constexpr std::string_view red = "\033[31m";
constexpr std::string_view green = "\033[32m";
constexpr std::string_view yellow = "\033[33m";
constexpr std::string_view bold = "\033[1m";
constexpr std::string_view plain = "\033[0m";

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

struct Line {
  std::string text;
  std::string_view colour{};
};

std::string finish(const Line& line, const Canvas& canvas) {
  std::string text = cut_to(line.text, canvas.width);
  if (!canvas.colour || line.colour.empty()) return text;
  return fmt::format("{}{}{}", line.colour, text, plain);
}

std::string bar(double share, std::size_t width) {
  const auto full =
      static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width)));
  std::string text;
  for (std::size_t i = 0; i < width; ++i) text += i < full ? "█" : "░";
  return text;
}

// How much of the width each of the columns that can do without gets.
struct Layout {
  std::size_t bar = 0;
  std::size_t spark = 0;
};

Layout lay_out(const Canvas& canvas, std::size_t longest_name) {
  // name, share, requests, failed, p50, p99, with two blanks before each but the first.
  const std::size_t fixed = 2 + std::max<std::size_t>(longest_name, 12) + 9 + 11 + 9 + 10 + 10;
  const std::size_t rest = canvas.width > fixed ? canvas.width - fixed : 0;
  Layout layout;
  if (rest >= 12) layout.bar = std::min<std::size_t>(20, rest / 3);
  const std::size_t left = rest - (layout.bar == 0 ? 0 : layout.bar + 2);
  if (left >= 10) layout.spark = std::min(Recent::seconds, left - 2);
  return layout;
}

struct Row {
  std::string name;
  double share = 0;
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  Histogram latency;
  std::vector<SecondCount> recent;
};

Line row_line(const Row& row, const Layout& layout, std::size_t name_width) {
  const bool any = row.latency.count() > 0;
  std::string text = fmt::format("  {:<{}}  {:>7}", row.name, name_width, show_percent(row.share));
  if (layout.bar > 0) text += "  " + bar(row.share, layout.bar);
  text += fmt::format("  {:>9}  {:>7}  {:>8}  {:>8}", row.requests, row.failed,
                      any ? show_latency(row.latency.quantile(0.5)) : "-",
                      any ? show_latency(row.latency.quantile(0.99)) : "-");
  if (layout.spark > 0) text += "  " + sparkline(row.recent, layout.spark);
  const bool failing = !row.recent.empty() && row.recent.back().failed > 0;
  return {std::move(text), failing ? red : std::string_view{}};
}

Line table_head(std::string_view title, std::string_view share, const Layout& layout,
                std::size_t name_width) {
  std::string text = fmt::format("  {:<{}}  {:>7}", title, name_width, share);
  if (layout.bar > 0) text += "  " + std::string(layout.bar, ' ');
  text += fmt::format("  {:>9}  {:>7}  {:>8}  {:>8}", "requests", "failed", "p50", "p99");
  if (layout.spark > 0) text += "  last minute";
  return {std::move(text), bold};
}

std::vector<Row> cluster_rows(const LiveState& state, const std::vector<std::string>& clusters) {
  const Tally& tally = state.summary.tally();
  const std::uint64_t all = tally.sum().evidence();
  std::vector<Row> rows;
  const auto add = [&](const std::string& name, const std::string& cluster) {
    const Cell cell = tally.sum([&](const CellKey& key) { return key.cluster == cluster; });
    rows.push_back({name, share_of(cell.evidence(), all), cell.evidence(), cell.failed(), cell.latency(),
                    state.recent.of_cluster(cluster)});
  };
  for (const std::string& cluster : clusters) add(printable(cluster), cluster);
  add("(nobody)", "");
  if (rows.back().requests == 0) rows.pop_back();
  return rows;
}

std::vector<Row> address_rows(const LiveState& state) {
  std::map<std::optional<IpAddress>, Cell> cells;
  for (const auto& [key, cell] : state.summary.tally().cells()) cells[key.address].merge(cell);
  std::vector<Row> rows;
  for (const auto& [address, cell] : cells) {
    rows.push_back({address ? to_string(*address) : "(no address)", share_of(cell.ok(), cell.evidence()),
                    cell.evidence(), cell.failed(), cell.latency(), state.recent.of_address(address)});
  }
  return rows;
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
