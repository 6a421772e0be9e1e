// Before any change: the preflight, the locks, and the prober.
#include "drill/run/run.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace meshdrill::drill {

Task<> DrillRun::prepare() {
  Preflight preflight = co_await run_preflight(clusters_, scenario(), options_.mesh);
  note_preflight(preflight);
  if (!preflight.ok()) {
    const auto first = std::find_if(preflight.findings.begin(), preflight.findings.end(),
                                    [](const Finding& f) { return !f.ok; });
    stop(Abort::Kind::refused, first->message);
    co_return;
  }
  if (!confirmed(preflight)) co_return;
  changes_ = preflight.changes;
  ready_ = preflight.ready;
  survivors_floor_ = scenario().guards.survivors_floor(ready_[scenario().target.cluster]);
  if (recorder_.broken()) stop(Abort::Kind::refused, recorder_.broken()->message);
  if (stopped_) co_return;
  if (scenario().fault.kind != Fault::Kind::none) {
    start_watchdog();
    if (stopped_) co_return;
    co_await take_locks();
  }
  if (stopped_) co_return;
  start_prober();
  if (stopped_) co_return;
  observer_.start(preflight.service, scenario().target.cluster, changes_);
  if (!locked_.empty()) keep_locks();
}

// Where the target says that it is production, a person says so as well.
bool DrillRun::confirmed(const Preflight& preflight) {
  const bool changes = scenario().fault.kind != Fault::Kind::none;
  const bool production = preflight.environment == "production" || preflight.environment == "prod";
  if (!changes || !production || !options_.confirm) return true;
  const std::string& cluster = scenario().target.cluster;
  if (options_.confirm(cluster, preflight.environment)) return true;
  stop(Abort::Kind::refused, fmt::format("{} is {}, and nobody confirmed the drill: --confirm {} does",
                                         cluster, preflight.environment, cluster));
  return false;
}

// Before the locks: from then on there is something to give back.
void DrillRun::start_watchdog() {
  if (options_.watchdog.empty()) return;
  std::vector<std::string> arguments = options_.watchdog;
  const std::string epoch = std::to_string(recorder_.epoch().time_since_epoch().count());
  arguments.insert(arguments.end(), {"--run", run_, "--journal", options_.journal, "--epoch", epoch});
  auto started = Watchdog::start(std::move(arguments));
  if (started) {
    watchdog_.emplace(std::move(*started));
  } else {
    stop(Abort::Kind::refused, started.error().message);
  }
}

// In the order of the clusters' names, as everybody does.
Task<> DrillRun::take_locks() {
  for (const Cluster& cluster : clusters_) {
    Result<> locked = co_await locks_.at(cluster.name)->acquire();
    if (!locked) {
      stop(Abort::Kind::refused, locked.error().message);
      co_return;
    }
    locked_.push_back(cluster.name);
  }
}

}  // namespace meshdrill::drill
