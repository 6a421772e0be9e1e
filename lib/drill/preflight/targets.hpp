// Which objects of the target cluster a drill is about, looked up there, and what the fault changes in each.
#pragma once

#include "drill/cluster.hpp"
#include "drill/journal/history.hpp"
#include "kube/workloads.hpp"
#include "mesh/model.hpp"

#include <string>
#include <vector>

namespace meshdrill::drill {

struct Targets {
  // The Service by which traffic is followed: scenario's, or the one that the Ingress leads to.
  ObjectName service;
  std::vector<kube::Workload> workloads;  // that are changed
  std::vector<Change> changes;
  std::vector<Finding> findings;
};

// Only reads.
Task<Targets> find_targets(const Cluster& target, const Scenario& scenario, const mesh::Mesh& mesh);

}  // namespace meshdrill::drill
