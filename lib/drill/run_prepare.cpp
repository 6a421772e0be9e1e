// Before any change: the preflight, the locks, and the prober.
#include "drill/run.hpp"

#include <algorithm>

namespace meshdrill::drill {

Task<> DrillRun::prepare() {
  Preflight preflight = co_await run_preflight(clusters_, scenario());
  note_preflight(preflight);
  changes_ = preflight.changes;
  if (!preflight.ok()) {
    const auto first = std::find_if(preflight.findings.begin(), preflight.findings.end(),
                                    [](const Finding& f) { return !f.ok; });
    stop(Abort::Kind::refused, first->message);
    co_return;
  }
  co_await take_locks();
  if (stopped_) co_return;
  spawn(renew_locks());
  observer_.start();
  start_prober();
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
