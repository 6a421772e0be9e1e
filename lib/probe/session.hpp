#pragma once

#include "base/async.hpp"
#include "probe/ask/exchange.hpp"
#include "probe/ask/poller.hpp"
#include "probe/dns/name_watch.hpp"
#include "probe/plan.hpp"
#include "probe/prober.hpp"
#include "probe/stalls.hpp"
#include "probe/stream_runner.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace meshdrill::probe {

// Everything that lives on the prober's thread, from the first lookup to the last batch.
class Session {
 public:
  using Started = std::function<void(Result<Run>)>;

  Session(asio::io_context& context, const ProbeConfig& config, const Prober::Sink& sink, Started started)
      : context_(context),
        config_(config),
        sink_(sink),
        started_(std::move(started)),
        beat_timer_(context),
        poller_(context),
        names_(context, config),
        stalls_(config.stall_after) {}

  // Runs until everything is delivered.
  void run(const Plan& plan);
  // Forgets what it waited for, after an exception left run().
  void drop() { poller_.drop(); }
  void end(bool at_once);

 private:
  Task<> prepare(Plan plan);
  void begin(const std::vector<IpAddress>& addresses);
  void drive();
  Task<> keep_beating();
  void deliver_when_settled();
  void deliver_complete();
  void deliver(Offset upto);
  void check_stall();
  [[nodiscard]] Offset now() const { return std::chrono::duration_cast<Offset>(Clock::now() - run_.epoch); }

  asio::io_context& context_;
  const ProbeConfig& config_;
  const Prober::Sink& sink_;
  Started started_;
  Timer beat_timer_;
  Poller poller_;
  Run run_;
  NameWatch names_;
  Stalls stalls_;
  std::unique_ptr<Exchanger> exchanger_;
  std::optional<RunServices> services_;
  std::vector<std::unique_ptr<StreamRunner>> runners_;
  Batch batch_;
  Clock::time_point due_;  // the next beat
  bool ending_ = false;
  bool over_ = false;
};

}  // namespace meshdrill::probe
