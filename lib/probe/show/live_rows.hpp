// The rows of the live view: who answered and who was asked, each with its share, latencies and last minute.
#pragma once

#include "probe/show/live_view.hpp"
#include "probe/statistics/histogram.hpp"
#include "probe/statistics/recent.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe {

constexpr std::string_view red = "\033[31m";
constexpr std::string_view green = "\033[32m";
constexpr std::string_view yellow = "\033[33m";
constexpr std::string_view bold = "\033[1m";
constexpr std::string_view plain = "\033[0m";

struct Line {
  std::string text;
  std::string_view colour{};
};

// How much of the width each of the columns that can do without gets.
struct Layout {
  std::size_t bar = 0;
  std::size_t spark = 0;
};

Layout lay_out(const Canvas& canvas, std::size_t longest_name);

struct Row {
  std::string name;
  double share = 0;
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  Histogram latency;
  std::vector<SecondCount> recent;
};

// `clusters` in their order, then what no cluster answered, if there is any.
std::vector<Row> cluster_rows(const LiveState& state, const std::vector<std::string>& clusters);
std::vector<Row> address_rows(const LiveState& state);

// `title` and `share` head the first two columns.
Line table_head(std::string_view title, std::string_view share, const Layout& layout, std::size_t name_width);
Line row_line(const Row& row, const Layout& layout, std::size_t name_width);

}  // namespace meshdrill::probe
