// The last minute, second by second: who answered, and where requests failed. For a curve on the screen.
#pragma once

#include "probe/statistics/windows.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::probe {

struct SecondCount {
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
};

class Recent {
 public:
  static constexpr std::size_t seconds = 60;

  // Windows of at most a second, oldest first.
  void add(const Window& window);

  // Oldest first, at most `seconds` of them; the last one may not be complete.
  [[nodiscard]] std::vector<SecondCount> of_cluster(const std::string& cluster) const;
  [[nodiscard]] std::vector<SecondCount> of_address(const std::optional<IpAddress>& address) const;
  // The latest second that is complete; empty counts when there is none.
  struct Second {
    std::int64_t number = 0;  // from the epoch
    SecondCount all;
    std::map<std::string, std::uint64_t> clusters;  // requests that each answered
  };
  [[nodiscard]] Second latest() const;

 private:
  struct Column {
    std::int64_t number = 0;
    std::map<std::string, SecondCount> clusters;
    std::map<std::optional<IpAddress>, SecondCount> addresses;
  };
  std::deque<Column> columns_;
};

// The last minute in at most `width` blocks: each a second, or as many as it takes. As high as its `ok` a
// second against the highest of them all; '!' where something failed.
std::string sparkline(const std::vector<SecondCount>& counts, std::size_t width);

}  // namespace meshdrill::probe
