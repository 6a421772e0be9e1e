// Puts workloads back, and makes sure that they are: the one piece of code for the end of a drill and for
// `recover`.
#pragma once

#include "drill/record.hpp"
#include "kube/client.hpp"

#include <string>
#include <vector>

namespace meshdrill::drill {

struct WorkloadRestore {
  Workload workload;
  bool written = false;  // its replicas are what they were (by us, or already)
  std::string problem;   // why not; empty when written
};

// Writes the original replicas of every workload, over the value `scaled_to` and over no other. API failures
// are tried again until `limit` has passed.
Task<std::vector<WorkloadRestore>> restore_workloads(kube::Client& client, std::vector<Workload> workloads,
                                                     int scaled_to, Duration limit);

// Waits until each workload has its original replicas, all of them ready. Empty when so; else what is missing
// when `limit` had passed.
Task<std::string> verify_workloads(kube::Client& client, std::vector<Workload> workloads, Duration limit);

}  // namespace meshdrill::drill
