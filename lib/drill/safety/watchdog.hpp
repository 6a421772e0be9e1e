// A child process that puts everything back when the drill dies without a word, by kill -9 or by a fault of
// its own. It is this program again (`meshdrill watchdog`), in a session of its own and deaf to SIGINT,
// SIGTERM and SIGHUP, so that what ends the drill does not end it too. A socket to the drill is its standard
// input: heartbeats come through it, then the all-clear; its end without one means that the drill is dead.
//
// What ends every process of the machine, the container or the control group ends the watchdog as well: then
// `meshdrill recover` works from the record in the cluster.
#pragma once

#include "base/duration.hpp"
#include "base/result.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace meshdrill::drill {

// The drill's side.
class Watchdog {
 public:
  // Runs this program's own binary with `arguments`, and waits until it says that it watches. Fails when it
  // does not within 20 s; it is gone then.
  static Result<Watchdog> start(std::vector<std::string> arguments);
  Watchdog(Watchdog&& other) noexcept;
  Watchdog& operator=(Watchdog&&) = delete;
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  // Without all_clear() before, the watchdog takes it for the drill's death.
  ~Watchdog();

  // Says that the drill is alive; to be called every few seconds. False when there is nobody to hear it any
  // more.
  [[nodiscard]] bool beat() const;
  // Sends it home. Waits a moment for its end, and never longer.
  void all_clear();

 private:
  Watchdog(pid_t process, int socket) : process_(process), socket_(socket) {}

  pid_t process_ = -1;
  int socket_ = -1;
};

// The watchdog's side.
enum class DrillEnd {
  all_clear,
  died,    // the socket ended without one
  silent,  // no heartbeat for `patience`, though the process is there: it hangs, or was stopped
};

// Makes this process ready to watch: its own session, deaf to signals, nothing on standard output. Says on
// the socket that it watches.
void begin_to_watch();
// Waits for what becomes of the drill at the other end of standard input.
DrillEnd wait_for_drill(Duration patience);

}  // namespace meshdrill::drill
