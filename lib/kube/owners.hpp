// Who else sets a workload's number of replicas: whoever does would undo a drill, or be undone by it.
#pragma once

#include "kube/client.hpp"
#include "kube/workloads.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::kube {

struct ReplicasOwner {
  enum class Kind : std::uint8_t {
    hpa,         // a HorizontalPodAutoscaler targets it
    keda,        // a ScaledObject of KEDA targets it
    vpa,         // a VerticalPodAutoscaler targets it: it evicts Pods, and leaves the replicas alone
    argo_cd,     // an Application of Argo CD keeps it as in git
    flux,        // a Kustomization or HelmRelease of Flux keeps it so
    helm,        // a release of Helm has it: nothing acts by itself, but the next upgrade will
    controller,  // an operator's object made it (ownerReferences)
    manager      // another program owns spec.replicas by managedFields
  };

  Kind kind = Kind::manager;
  std::string object;    // "HorizontalPodAutoscaler shop/api", "Application shop", "field manager foo"
  std::string evidence;  // what was seen: "scaleTargetRef names it, 2 to 10 replicas"
  bool certain = true;   // false: a sign that others leave too
  bool paused = false;   // it says of itself that it leaves the workload alone for now

  // Of hpa and keda: after a restore any count from `least` to `most` may stand.
  std::optional<int> least;
  std::optional<int> most;

  bool operator==(const ReplicasOwner&) const = default;
};

// "hpa", "keda", "vpa", "argocd", "flux", "helm", "controller", "manager": as scenarios name them.
std::string_view to_string(ReplicasOwner::Kind kind);

// What the workload itself tells: labels, annotations, ownerReferences, managedFields. Field managers that
// stand for a person at a terminal (kubectl) and our own are no owners.
std::vector<ReplicasOwner> owners_by_metadata(const Workload& workload);

struct ReplicasOwners {
  std::vector<ReplicasOwner> found;
  std::vector<ApiError> unread;  // what could not be asked: an owner may hide there
};

// Those, and the autoscalers that target it, asked of the API. Kinds that the cluster does not have are no
// owners.
Task<ReplicasOwners> find_replicas_owners(Client& client, Workload workload);

}  // namespace meshdrill::kube
