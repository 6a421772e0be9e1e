// Puts back what an interrupted drill left: from the records in the clusters, so from any machine, as often
// as one likes, and not while the drill is still alive.
#pragma once

#include "drill/cluster.hpp"
#include "drill/safety/record.hpp"

#include <functional>
#include <string>
#include <vector>

namespace meshdrill::drill {

struct Recovery {
  enum class Outcome {
    clean,     // nothing was left behind here
    restored,  // what was left is back, verified
    alive,     // the drill is still running: left alone
    failed,    // not restored, or not known; see message
  };
  std::string cluster;
  Outcome outcome = Outcome::clean;
  std::string message;    // for a person; with the commands to type where it failed
  bool may_pass = false;  // of a failure: another try later may succeed
};

struct RecoverOptions {
  Duration limit = std::chrono::minutes{2};      // for the restore in one cluster
  std::function<void(const std::string&)> talk;  // progress, a line at a time
  // A cluster in which something was to be put back, as soon as it is known how that ended; may be empty.
  std::function<void(const Recovery&)> done{};
  std::string dead;     // a run that is known to be dead, so that its locks need not be watched; may be empty
  bool forget = false;  // write nothing back: what is there now is what was wanted
};

// One entry a cluster, in the order of `clusters`. Where a Lease has a holder, takes lock_duration_seconds
// and some to see whether he still renews it. Holds the Lease itself, and renews it, while it restores.
Task<std::vector<Recovery>> recover(const std::vector<Cluster>& clusters, RecoverOptions options);

// The same on a context of its own, to its end.
std::vector<Recovery> recover_now(asio::io_context& io, const std::vector<Cluster>& clusters,
                                  RecoverOptions options);

std::string_view to_string(Recovery::Outcome outcome);

}  // namespace meshdrill::drill
