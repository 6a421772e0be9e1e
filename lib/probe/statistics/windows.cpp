#include "probe/statistics/windows.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using std::chrono::microseconds;

microseconds quantile(const std::vector<microseconds>& sorted, double part) {
  const double rank = std::ceil(part * static_cast<double>(sorted.size()) - 1e-9);
  return sorted.at(static_cast<std::size_t>(std::max(1.0, rank)) - 1);
}

WindowCell summarise(std::vector<microseconds> latencies) {
  std::sort(latencies.begin(), latencies.end());
  return {latencies.size(), quantile(latencies, 0.5), quantile(latencies, 0.9), quantile(latencies, 0.99),
          latencies.back()};
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string{text};
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

}  // namespace

void WindowCounter::add(const Sample& sample) {
  // Rounds down, before the epoch as well.
  const auto number = static_cast<Offset::rep>(
      std::floor(static_cast<double>(sample.planned.count()) / static_cast<double>(length_.count())));
  const int status = sample.outcome == Outcome::http_status ? sample.status : 0;
  open_[number * length_][{sample.stream, sample.address, sample.outcome, status, sample.cluster}].push_back(
      sample.latency());
}

std::vector<Window> WindowCounter::close(Offset upto) {
  std::vector<Window> closed;
  while (!open_.empty() && open_.begin()->first + length_ <= upto) {
    auto node = open_.extract(open_.begin());
    Window window{node.key(), {}};
    for (auto& [key, latencies] : node.mapped()) {
      window.cells.emplace(key, summarise(std::move(latencies)));
    }
    closed.push_back(std::move(window));
  }
  return closed;
}

std::string csv_header() {
  return "time_s,stream,kind,connection,vantage,address,outcome,status,cluster,requests,p50_us,p90_us,p99_us,"
         "max_"
         "us\r\n";
}

std::string csv_rows(const Window& window, const std::vector<Stream>& streams) {
  std::string text;
  for (const auto& [key, cell] : window.cells) {
    const Stream& stream = streams.at(static_cast<std::size_t>(key.stream));
    text += fmt::format(
        "{:.3f},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", static_cast<double>(window.from.count()) / 1e6,
        csv_field(stream.name), to_string(stream.kind), to_string(stream.connection),
        csv_field(stream.vantage), key.address ? to_string(*key.address) : "", to_string(key.outcome),
        key.status != 0 ? std::to_string(key.status) : "", csv_field(key.cluster), cell.requests,
        cell.p50.count(), cell.p90.count(), cell.p99.count(), cell.max.count());
  }
  return text;
}

}  // namespace meshdrill::probe
