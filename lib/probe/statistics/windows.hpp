// The same run cut into short windows of time, for a curve of it: what the requests planned in each window
// came to. Memory holds the windows that are not complete yet, whatever the length of the run.
#pragma once

#include "probe/sample.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe {

struct WindowKey {
  int stream = 0;
  std::optional<IpAddress> address;
  Outcome outcome = Outcome::ok;
  int status = 0;  // HTTP status, of Outcome::http_status alone
  std::string cluster;

  auto operator<=>(const WindowKey&) const = default;
};

struct WindowCell {
  std::uint64_t requests = 0;
  // Of their latencies, from the planned start; exact.
  std::chrono::microseconds p50{};
  std::chrono::microseconds p90{};
  std::chrono::microseconds p99{};
  std::chrono::microseconds max{};
};

struct Window {
  Offset from{};  // requests planned in [from, from + length of the counter)
  std::map<WindowKey, WindowCell> cells;
};

class WindowCounter {
 public:
  explicit WindowCounter(Offset length = std::chrono::milliseconds{100}) : length_(length) {}

  void add(const Sample& sample);
  // The windows that end by `upto` and have a request, oldest first; each is given once. `upto` as in Batch.
  std::vector<Window> close(Offset upto);

  [[nodiscard]] Offset length() const { return length_; }

 private:
  using Latencies = std::vector<std::chrono::microseconds>;
  Offset length_;
  std::map<Offset, std::map<WindowKey, Latencies>> open_;  // by start
};

// Comma-separated values (RFC 4180), a row for each cell of each window.
std::string csv_header();
std::string csv_rows(const Window& window, const std::vector<Stream>& streams);

}  // namespace meshdrill::probe
