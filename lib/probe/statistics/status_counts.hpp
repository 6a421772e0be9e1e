// Which HTTP statuses were met, and how often: "unexpected HTTP status" alone does not tell a proxy without
// backends (503) from a backend that is gone (502) or a wrong Host (404).
#pragma once

#include "probe/sample.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace meshdrill::probe {

class StatusCounts {
 public:
  // Of `sample`, when its outcome is http_status.
  void add(const Sample& sample);
  void merge(const StatusCounts& other);

  // Of `status`; 0 when it was not met.
  [[nodiscard]] std::uint64_t of(int status) const;
  // Status and count, the most frequent first; equally frequent ones by number.
  [[nodiscard]] std::vector<std::pair<int, std::uint64_t>> by_frequency() const;
  [[nodiscard]] bool empty() const { return counts_.empty(); }

  bool operator==(const StatusCounts&) const = default;

 private:
  std::map<int, std::uint64_t> counts_;  // a status has three digits: never more than 1000 of them
};

// "503 ×100, 502 ×20", the most frequent first. Of many the last are only counted: ", 4 more".
std::string to_string(const StatusCounts& statuses);

// As describe(Outcome), and of http_status which ones: "unexpected HTTP status (503 ×100, 502 ×20)"; "(503)"
// when it was always the same.
std::string describe(Outcome outcome, const StatusCounts& statuses);

}  // namespace meshdrill::probe
