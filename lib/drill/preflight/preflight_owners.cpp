// Who else sets the replicas that the fault would change: an autoscaler or a reconciler undoes a drill within
// seconds, or takes the restore for a change of the user's.
#include "base/text.hpp"
#include "drill/preflight/preflight_parts.hpp"
#include "kube/owners.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using Kind = kube::ReplicasOwner::Kind;

// The key of guards.owners, and of --allow-owner: what has none of its own is `unknown`.
std::string_view policy_key(Kind kind) {
  const bool unnamed = kind == Kind::vpa || kind == Kind::controller || kind == Kind::manager;
  return unnamed ? "unknown" : kube::to_string(kind);
}

OwnerPolicy policy_of(const kube::ReplicasOwner& owner, OwnerPolicies policies) {
  const OwnerPolicy policy = *policies.find(policy_key(owner.kind));
  // What only may be an owner, or says that it rests, is no reason to refuse.
  const bool doubtful = !owner.certain || owner.paused;
  return policy == OwnerPolicy::refuse && doubtful ? OwnerPolicy::warn : policy;
}

std::string describe(const kube::ReplicasOwner& owner, const kube::Workload& workload) {
  return printable(fmt::format("{} is kept by {} ({}{})", kube::to_string(workload), owner.object,
                               owner.evidence, owner.paused ? ", paused" : ""));
}

void judge_owner(const kube::ReplicasOwner& owner, const kube::Workload& workload, const Scenario& scenario,
                 Preflight& preflight) {
  const std::string_view key = policy_key(owner.kind);
  switch (policy_of(owner, scenario.guards.owners)) {
    case OwnerPolicy::refuse:
      preflight.note("owners", false,
                     fmt::format("{}: it would undo the drill, or the restore. To drill all the same: "
                                 "guards: {{owners: {{{}: allow}}}} in the drill file, or --allow-owner {}",
                                 describe(owner, workload), key, key));
      break;
    case OwnerPolicy::warn:
      preflight.warn("owners", describe(owner, workload));
      break;
    case OwnerPolicy::allow:
      preflight.note("owners", true, describe(owner, workload) + ", which this drill allows");
      break;
  }
}

// An autoscaler may choose another count of its own once it is awake again.
void accept_counts(const kube::ReplicasOwner& owner, const kube::Workload& workload, Preflight& preflight) {
  const bool scaler = owner.kind == Kind::hpa || owner.kind == Kind::keda;
  if (!scaler || !owner.most) return;
  for (Change& change : preflight.changes) {
    if (change.kind != ChangeKind::replicas || change.uid != workload.uid) continue;
    change.accepted = CountRange{std::max(1, owner.least.value_or(1)), *owner.most};
  }
}

}  // namespace

Task<> look_at_owners(const Cluster& target, const Scenario& scenario, std::vector<kube::Workload> workloads,
                      Preflight& preflight) {
  // Deleted Pods come back whoever owns the replicas.
  if (scenario.fault.kind == Fault::Kind::delete_pods) co_return;
  bool alone = true;
  for (const kube::Workload& workload : workloads) {
    const kube::ReplicasOwners owners = co_await kube::find_replicas_owners(*target.client, workload);
    for (const kube::ReplicasOwner& owner : owners.found) {
      alone = false;
      judge_owner(owner, workload, scenario, preflight);
      accept_counts(owner, workload, preflight);
    }
    for (const kube::ApiError& error : owners.unread) {
      preflight.warn("owners", fmt::format("whether an autoscaler owns {} is not known: {}",
                                           kube::to_string(workload), to_string(error)));
    }
  }
  if (alone && !workloads.empty())
    preflight.note("owners", true, "nobody else was found to set the replicas");
}

}  // namespace meshdrill::drill
