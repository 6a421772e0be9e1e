// Before any change: the preflight, the locks, and the prober.
#include "drill/run.hpp"

#include <algorithm>

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
  if (scenario().fault.kind != Fault::Kind::none) {
    co_await take_locks();
  }
  if (stopped_) co_return;
  start_prober();
  if (stopped_) co_return;
  observer_.start(preflight.service, scenario().target.cluster, changes_);
  if (!locked_.empty()) spawn(renew_locks());
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

// In the order of the clusters' names, as everybody does.
Task<> DrillRun::take_locks() {
  for (const Cluster& cluster : clusters_) {
    Result<> locked = co_await locks_.at(cluster.name).acquire();
    if (!locked) {
      stop(Abort::Kind::refused, locked.error().message);
      co_return;
    }
    locked_.push_back(cluster.name);
  }
}

}  // namespace meshdrill::drill
