// Deployments, StatefulSets and DaemonSets, as far as a drill needs to know them.
#pragma once

#include "kube/client.hpp"
#include "kube/field_ownership.hpp"
#include "kube/pods.hpp"
#include "kube/resource.hpp"
#include "kube/services.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace meshdrill::kube {

// What makes and keeps Pods. The first two have /scale; a DaemonSet has one Pod a node and no replicas.
enum class WorkloadKind : std::uint8_t { deployment, stateful_set, daemon_set };

inline constexpr WorkloadKind workload_kinds[] = {WorkloadKind::deployment, WorkloadKind::stateful_set,
                                                  WorkloadKind::daemon_set};

std::string_view to_string(WorkloadKind kind);                     // "Deployment"
std::string_view lower_name(WorkloadKind kind);                    // "deployment": what kubectl takes
ResourceType resource_type(WorkloadKind kind);                     // deployments()
std::optional<WorkloadKind> workload_kind(std::string_view kind);  // of "Deployment"; nullopt: none of these

using ReplicasManager = FieldOwner;

struct Workload {
  WorkloadKind kind = WorkloadKind::deployment;
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  Labels labels;
  Labels annotations;
  std::optional<Controller> controller;  // what made it, by its ownerReferences: an operator's own object

  int replicas = 1;     // spec.replicas; absent means 1. Of a DaemonSet: the Pods that it wants
  Selector selector;    // spec.selector: whose Pods are its own
  Labels match_labels;  // of it, spec.selector.matchLabels
  Labels pod_labels;    // spec.template.metadata.labels

  // Of the status; absent means 0.
  std::int64_t observed_generation = 0;
  int current_replicas = 0;
  int updated_replicas = 0;
  int ready_replicas = 0;
  int available_replicas = 0;

  std::vector<FieldOwner> replicas_managers;  // who owns spec.replicas: who would object to another value
  boost::json::array managed_fields;          // as the API gave them, for handing ownership back

  // The controller has seen the present spec and all its Pods are there, up to date and available.
  [[nodiscard]] bool rolled_out() const;
  [[nodiscard]] ObjectRef reference() const;
};

// "Deployment shop/api": how messages name it.
std::string to_string(const Workload& workload);

// From the API's JSON; absent fields take the API's defaults. The kind is not taken from the object, because
// the items of a list do not carry it.
Workload parse_workload(WorkloadKind kind, const boost::json::value& object);

Task<ApiResult<Workload>> read_workload(Client& client, WorkloadKind kind, std::string namespace_name,
                                        std::string name);

// `label_selector` as the API takes it; empty lists all. An empty namespace lists the whole cluster.
Task<ApiResult<std::vector<Workload>>> list_workloads(Client& client, WorkloadKind kind,
                                                      std::string namespace_name, std::string label_selector);

// The workloads of all three kinds in the Service's namespace whose Pods its selector takes, by kind and
// name: those with 0 replicas too, because a drill that restores must see them. Empty when the Service has no
// selector. A DaemonSet among them cannot be scaled: a drill names and refuses it.
Task<ApiResult<std::vector<Workload>>> workloads_behind(Client& client, Service service);

// Of `pods` those that none of `workloads` made: no drill that scales these takes them away. Each with its
// controller named, if it has one.
std::vector<Pod> pods_of_others(const std::vector<Pod>& pods, const std::vector<Workload>& workloads);

}  // namespace meshdrill::kube
