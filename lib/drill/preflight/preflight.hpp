// What is looked at before anything is changed. Only reads, access reviews and dry runs.
#pragma once

#include "drill/cluster.hpp"
#include "drill/journal/history.hpp"
#include "kube/access.hpp"
#include "mesh/model.hpp"

#include <map>
#include <string>
#include <vector>

namespace meshdrill::drill {

struct Preflight {
  std::vector<Finding> findings;            // one that is not ok forbids the drill
  ObjectName service;                       // by which traffic is followed
  std::vector<Change> changes;              // that the fault makes in the target
  int left_ready = 0;                       // endpoints of the target that the fault leaves
  std::map<std::string, int> ready;         // cluster -> ready endpoints of the Service, its own Pods only
  std::map<std::string, std::string> uids;  // cluster -> uid of its namespace kube-system
  std::string environment;                  // that the target says it is; may be empty

  [[nodiscard]] bool ok() const;
  void note(std::string check, bool ok, std::string message);
  // Does not forbid the drill, and should be read all the same.
  void warn(std::string check, std::string message);
};

// Asks every cluster. `clusters` must outlive the task.
Task<Preflight> run_preflight(const std::vector<Cluster>& clusters, const Scenario& scenario,
                              const mesh::Mesh& mesh);

// What the drill must be allowed to do in `cluster`: the right to restore is asked for with the right to
// break, before either is used.
std::vector<kube::AccessQuestion> needed_access(const Cluster& cluster, const Scenario& scenario,
                                                const ObjectName& service,
                                                const std::vector<Change>& changes);

}  // namespace meshdrill::drill
