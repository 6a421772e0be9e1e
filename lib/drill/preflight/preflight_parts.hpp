// The steps of the preflight, each in a file of its own. Internal to it.
#pragma once

#include "drill/preflight/preflight.hpp"
#include "kube/workloads.hpp"

namespace meshdrill::drill {

// preflight_clusters.cpp: which clusters these are, who has them, and whether the others could take over.
Task<> look_at_identity(const Cluster& cluster, Preflight& preflight);
Task<> look_at_lock(const Cluster& cluster, Preflight& preflight);
Task<> look_at_environment(const Cluster& target, const Scenario& scenario, Preflight& preflight);
Task<> look_at_service(const Cluster& cluster, const Scenario& scenario, Preflight& preflight);
void judge_endpoints(const Scenario& scenario, Preflight& preflight);
void judge_windows(const Guards& guards, std::chrono::system_clock::time_point now, Preflight& preflight);

// preflight_owners.cpp: who else sets what the fault would change.
Task<> look_at_owners(const Cluster& target, const Scenario& scenario, std::vector<kube::Workload> workloads,
                      Preflight& preflight);

// preflight_access.cpp: what we may do, and whether the API would admit it.
Task<> look_at_access(const Cluster& cluster, const Scenario& scenario, Preflight& preflight);
Task<> try_writes(const Cluster& target, Preflight& preflight);

}  // namespace meshdrill::drill
