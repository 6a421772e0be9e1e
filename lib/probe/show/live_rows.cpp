#include "probe/show/live_rows.hpp"

#include "base/text.hpp"
#include "probe/show/terms.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

std::string bar(double share, std::size_t width) {
  const auto full =
      static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width)));
  std::string text;
  for (std::size_t i = 0; i < width; ++i) text += i < full ? "█" : "░";
  return text;
}

}  // namespace

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
  constexpr std::string_view curve = "last minute";
  if (layout.spark > 0) text += fmt::format("  {}", layout.spark < curve.size() ? "minute" : curve);
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

}  // namespace meshdrill::probe
