// Watches a running drill from a thread and a clock of its own, so that an engine that is busy waiting for an
// API cannot keep it from noticing that users suffer.
#pragma once

#include "drill/scenario/scenario.hpp"
#include "probe/sample.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace meshdrill::drill {

class Guard {
 public:
  // Called once, from the guard's thread, with what was breached.
  using Alarm = std::function<void(std::string)>;

  // Starts at once. `epoch` is that of the samples.
  Guard(Guards rules, std::chrono::steady_clock::time_point epoch, Alarm alarm);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // These from any thread.
  // What the prober saw.
  void feed(const probe::Batch& batch);
  // Streams whose failures are the drill's own doing.
  void ignore(std::set<int> streams);
  // Ready endpoints of the clusters that must take over, and how many they must have.
  void survivors(int ready, int floor);
  // The API of that cluster answered just now.
  void answered(const std::string& cluster);
  // There is nothing left to end: the restore has been ordered.
  void rest();

 private:
  // Requests that ended within one slot of time.
  struct Slot {
    probe::Offset start{};
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;
  };

  void watch();
  void count(const probe::Sample& sample);
  [[nodiscard]] probe::Offset now() const;
  std::optional<std::string> breach(probe::Offset time) const;
  std::optional<std::string> breached_rule(const AbortRule& rule, probe::Offset time) const;
  void forget(probe::Offset before);

  const Guards rules_;
  const std::chrono::steady_clock::time_point epoch_;
  const Alarm alarm_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::deque<Slot> slots_;
  probe::Offset last_batch_{};
  std::set<int> ignored_;
  std::map<int, int> failures_in_a_row_;  // by stream
  int longest_row_ = 0;
  std::optional<std::string> below_floor_;
  std::map<std::string, probe::Offset> answered_;  // by cluster: when its API last answered
  std::thread thread_;
};

}  // namespace meshdrill::drill
