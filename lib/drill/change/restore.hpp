// Undoes changes, and makes sure that all is as it was: the one piece of code for the end of a drill, for the
// watchdog and for `recover`.
#pragma once

#include "drill/change/change.hpp"
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

struct PutBack {
  std::vector<Undone> undone;  // what became of each change
  std::string problem;         // empty: all is as it was
  bool may_pass = true;        // of a problem: another try later may succeed
};

// Writes the original value of every change, over what the drill wrote and over nothing else, and waits until
// everything is as it was, the Pods of every workload ready; each within `limit`, until which API failures
// are tried again. A change that cannot be undone does not keep the others from it. A write of the fault
// whose answer never came may be carried out after all was put back, and nothing would undo it then: with an
// `aftermath`, everything is put back and verified once more when that time has passed.
Task<PutBack> put_back(kube::Client& client, std::vector<Change> changes, Duration limit, Duration aftermath);

}  // namespace meshdrill::drill
