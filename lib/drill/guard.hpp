// Watches a running drill from a thread and a clock of its own, so that an engine that is busy waiting for an
// API cannot keep it from noticing that users suffer.
#pragma once

#include "drill/scenario.hpp"
#include "probe/sample.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
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

  // What the prober saw; from any thread.
  void feed(const probe::Batch& batch);

 private:
  // Requests that ended within one slot of time.
  struct Slot {
    probe::Offset start{};
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;
  };

  void watch();
  std::optional<std::string> breach(probe::Offset now) const;
  std::optional<std::string> breached_rule(const AbortRule& rule, probe::Offset now) const;
  void forget(probe::Offset before);

  const Guards rules_;
  const std::chrono::steady_clock::time_point epoch_;
  const Alarm alarm_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::deque<Slot> slots_;
  probe::Offset last_batch_{};
  std::thread thread_;
};

}  // namespace meshdrill::drill
