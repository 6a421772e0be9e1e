// Gives back who owns the fields that a drill wrote. Putting a value back leaves the writer its owner, and
// the next server-side apply of its real owner would then fail with a conflict.
#pragma once

#include "drill/change/change.hpp"
#include "kube/client.hpp"

#include <string>
#include <vector>

namespace meshdrill::drill {

struct OwnershipReport {
  Change change;
  std::string before;  // "helm (Apply)", "nobody"
  std::string after;   // once the drill is done with it
  bool same = false;
  std::string problem;  // why it is not as before; empty when it is, or was not to be
};

// Of each change but deleted Pods, after its value was put back. With Ownership::report nothing is written;
// with keep there is nothing to do. Never a reason to fail a drill: the values are back whatever comes out.
Task<std::vector<OwnershipReport>> settle_ownership(kube::Client& client, std::vector<Change> changes,
                                                    Ownership policy);

// "deployment default/api: spec.replicas belongs to helm (Apply) again": for a person.
std::string describe(const OwnershipReport& report);

}  // namespace meshdrill::drill
