// Reads from the target cluster which workloads a drill file means.
#pragma once

#include "base/result.hpp"
#include "drill/scenario/scenario.hpp"
#include "kube/workloads.hpp"
#include "mesh/model.hpp"

#include <string>
#include <vector>

namespace meshdrill::drill {

struct WorkloadChoice {
  ObjectName service;                     // by which traffic is followed
  std::vector<kube::Workload> workloads;  // with replicas, by kind and name
  std::vector<std::string> problems;      // why this choice must not be drilled
  std::vector<std::string> remarks;       // what is left out, for a person
};

// By name, by label, or everything behind the Service or the Ingress.
Task<Result<WorkloadChoice>> look_up_workloads(kube::Client& client, Target target);

// The workloads of the ingress controller or of clustermesh-apiserver: the one that the drill file names, or
// those where the charts put them.
Task<Result<std::vector<kube::Workload>>> look_up_infrastructure(kube::Client& client, Fault fault,
                                                                 const mesh::Mesh& mesh);

}  // namespace meshdrill::drill
