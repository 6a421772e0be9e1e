// What the watchdog does with its life: waits for the drill's end, and when that was none of its own, puts
// back what it left, says so on standard error and in the journal.
#pragma once

#include "drill/cluster.hpp"
#include "drill/safety/recovery.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace meshdrill::drill {

struct WatchOver {
  std::string run;                               // the drill's
  std::filesystem::path journal;                 // the drill's
  std::chrono::steady_clock::time_point epoch;   // of its journal
  std::function<void(const std::string&)> talk;  // a line at a time, to the person at the terminal
};

// Returns when the drill has ended well, or what it left is put back; false when it could not be, after a
// quarter of an hour of trying.
bool watch_over(asio::io_context& io, const std::vector<Cluster>& clusters, const WatchOver& options);

}  // namespace meshdrill::drill
