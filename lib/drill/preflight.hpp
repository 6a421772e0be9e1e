// What is looked at before anything is changed. Only reads, access reviews and dry runs.
#pragma once

#include "drill/cluster.hpp"
#include "drill/history.hpp"

#include <map>
#include <string>
#include <vector>

namespace meshdrill::drill {

struct Preflight {
  std::vector<Finding> findings;            // one that is not ok forbids the drill
  std::vector<Change> changes;              // that the fault makes in the target
  std::map<std::string, int> ready;         // cluster -> ready endpoints of the Service, its own Pods only
  std::map<std::string, std::string> uids;  // cluster -> uid of its namespace kube-system

  [[nodiscard]] bool ok() const;
};

// Asks every cluster. `clusters` must outlive the task.
Task<Preflight> run_preflight(const std::vector<Cluster>& clusters, const Scenario& scenario);

}  // namespace meshdrill::drill
