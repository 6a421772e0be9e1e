// Undoes changes, and makes sure that all is as it was: the one piece of code for the end of a drill, for the
// watchdog and for `recover`.
#pragma once

#include "drill/change.hpp"
#include "kube/client.hpp"

#include <string>
#include <vector>

namespace meshdrill::drill {

struct Undone {
  Change change;
  bool stands = false;  // what was there is there again (by us, or already)
  std::string problem;  // why not; empty when it stands
  bool final = false;   // trying again cannot help
};

// Writes the original value of every change, over what the drill wrote and over nothing else. API failures
// are tried again until `limit` has passed; a change that cannot be undone does not keep the others from it.
Task<std::vector<Undone>> undo_changes(kube::Client& client, std::vector<Change> changes, Duration limit);

// Waits until everything is as it was, the Pods of every workload ready. Empty when so; else what is missing
// when `limit` had passed.
Task<std::string> verify_changes(kube::Client& client, std::vector<Change> changes, Duration limit);

}  // namespace meshdrill::drill
