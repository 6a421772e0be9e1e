// One run of a drill, from the preflight to the released locks. engine.hpp is the way in; what follows is
// split by what it is about: run.cpp (phases, signals), run_prepare.cpp (before any change), run_fault.cpp,
// run_end.cpp (the way out), run_beside.cpp (what runs beside), run_notes.cpp (journal entries).
#pragma once

#include "drill/change/ownership.hpp"
#include "drill/journal/recorder.hpp"
#include "drill/preflight/preflight.hpp"
#include "drill/run/engine.hpp"
#include "drill/run/observer.hpp"
#include "drill/safety/guard.hpp"
#include "drill/safety/lock.hpp"
#include "drill/safety/renewal.hpp"
#include "drill/safety/watchdog.hpp"

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/signal_set.hpp>

namespace meshdrill::drill {

class DrillRun {
 public:
  DrillRun(asio::io_context& io, RunOptions options, std::vector<Cluster> clusters, Journal journal);

  // Does it all, on this thread.
  History run();

 private:
  [[nodiscard]] const Scenario& scenario() const { return options_.scenario; }
  [[nodiscard]] const History& history() const { return recorder_.history(); }
  [[nodiscard]] const Cluster& target() const;
  [[nodiscard]] Lock& target_lock() { return *locks_.at(scenario().target.cluster); }

  // run.cpp
  Task<> main();
  Task<> guarded(Task<> task);
  Task<> measure();
  Task<> baseline();
  void begin(Phase phase);
  void stop(Abort::Kind kind, std::string message, int signal = 0);
  void listen_for_signals();
  Task<> pause(Duration duration);
  Task<> wait_for(Duration length);
  // Until `done`, the limit, or the end of the drill.
  Task<> wait_until(Duration limit, std::function<bool()> done);

  // run_prepare.cpp
  Task<> prepare();
  [[nodiscard]] bool confirmed(const Preflight& preflight);
  void start_watchdog();
  Task<> take_locks();

  // run_fault.cpp
  Task<> fault();
  Task<> make(Change change);
  [[nodiscard]] bool target_is_silent() const;
  void take_object(const Change& change, const boost::json::value& object, bool deleted);
  Task<> confirm_interference(Change change);
  Task<> follow_pods(Change change);

  // run_end.cpp
  Task<> finish();
  Task<> put_back();
  Task<> give_back_ownership();
  Task<> put_back_safely();
  [[nodiscard]] bool target_is_back() const;
  Task<> release_locks();
  Task<> wait_for_events();

  // run_beside.cpp
  void start_prober();
  void stop_prober();
  void take_batch(const probe::Batch& batch);
  void take_endpoints(const std::string& cluster, int ready);
  [[nodiscard]] Observer::Events observer_events();
  // A notice on each changed object, for whoever is on call; whether it arrives changes nothing.
  void announce(std::string reason, std::string note, bool warning);
  Task<> post_events(std::string reason, std::string note, bool warning);
  void spawn(Task<> task);
  void keep_locks();
  void lock_failed(const Lock& lock, const std::string& why);

  // run_notes.cpp
  void note_start();
  void note_preflight(const Preflight& preflight);
  // `event` is "intent" (synced before the write) or "wrote".
  void note_write(std::string_view event, std::string_view action, const Change& change);
  void note_pods_left(const Change& change, int left);
  void note_ownership(const OwnershipReport& report);
  void note_warning(const std::string& message);

  asio::io_context& io_;
  RunOptions options_;
  std::vector<Cluster> clusters_;
  Recorder recorder_;
  std::string run_;
  Timer wait_timer_;
  asio::basic_signal_set<Executor> signals_;
  Observer observer_;
  std::vector<std::unique_ptr<asio::cancellation_signal>> background_;
  std::map<std::string, std::shared_ptr<Lock>> locks_;
  std::vector<std::string> locked_;
  std::unique_ptr<Renewal> renewal_;  // of what is locked
  std::optional<Watchdog> watchdog_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<probe::Prober> prober_;
  std::vector<Change> changes_;
  std::map<std::string, int> ready_;           // cluster -> ready endpoints as of now
  int survivors_floor_ = 1;                    // that the other clusters must have together
  std::map<std::string, int> shown_replicas_;  // by object: what the journal says last
  std::set<std::string> suspects_;             // objects whose foreign value is being confirmed
  probe::Offset judged_upto_{};
  int posting_ = 0;            // announcements that are on their way
  bool events_wanted_ = true;  // until the end gives them up
  bool stopped_ = false;       // the drill ends early
  bool fault_stands_ = false;  // every write of the fault is acknowledged
  bool watched_ = true;        // nobody else may change what we changed, until we undo it
  bool unsettled_ = false;     // a write of the fault was sent, and what became of it is not known
  bool restored_ = false;
  bool finished_ = false;
  std::exception_ptr main_error_;
};

}  // namespace meshdrill::drill
