// How many replicas each ReplicaSet of a Deployment should have next. Pure arithmetic, as the Deployment
// controller of Kubernetes does it.
#pragma once

#include "lab/api/object_store.hpp"

#include <cstdint>
#include <vector>

namespace meshdrill::lab {

// A ReplicaSet's part of a roll-out.
struct SetReplicas {
  std::int64_t wanted = 0;     // spec.replicas
  std::int64_t existing = 0;   // status.replicas
  std::int64_t available = 0;  // status.availableReplicas
};

struct RolloutStrategy {
  bool recreate = false;
  std::int64_t surge = 1;        // Pods above the wanted number
  std::int64_t unavailable = 0;  // Pods below it; not 0 together with surge
};

// spec.strategy of a Deployment of `replicas` Pods, with Kubernetes' defaults (25 %) and roundings.
RolloutStrategy read_strategy(const Object& deployment, std::int64_t replicas);

struct RolloutStep {
  std::int64_t newest = 0;
  std::vector<std::int64_t> older;
};

// `older` from the oldest on.
RolloutStep next_step(std::int64_t replicas, const RolloutStrategy& strategy, const SetReplicas& newest,
                      const std::vector<SetReplicas>& older);

}  // namespace meshdrill::lab
