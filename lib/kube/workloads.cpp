#include "kube/workloads.hpp"

#include "kube/json_fields.hpp"
#include "kube/list.hpp"

#include <algorithm>
#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

// A DaemonSet counts what it wants and has in its status, and says so in words of its own.
void read_daemon_set(const json::value& object, Workload& workload) {
  workload.replicas = count_field(object, "/status/desiredNumberScheduled");
  workload.current_replicas = count_field(object, "/status/currentNumberScheduled");
  workload.updated_replicas = count_field(object, "/status/updatedNumberScheduled");
  workload.ready_replicas = count_field(object, "/status/numberReady");
  workload.available_replicas = count_field(object, "/status/numberAvailable");
}

void read_replicas(const json::value& object, Workload& workload) {
  workload.replicas = count_field(object, "/spec/replicas", 1);
  workload.current_replicas = count_field(object, "/status/replicas");
  workload.updated_replicas = count_field(object, "/status/updatedReplicas");
  workload.ready_replicas = count_field(object, "/status/readyReplicas");
  workload.available_replicas = count_field(object, "/status/availableReplicas");
  // StatefulSets of Kubernetes before 1.22 do not count the available ones.
  if (workload.kind == WorkloadKind::stateful_set && field(object, "/status/availableReplicas") == nullptr)
    workload.available_replicas = workload.ready_replicas;
  workload.replicas_managers = field_owners(workload.managed_fields, replicas_field());
}

bool made_by(const Pod& pod, const Workload& workload) {
  if (!pod.controller || pod.namespace_name != workload.namespace_name) return false;
  // A Deployment's Pods belong to its ReplicaSets, which carry its selector.
  if (workload.kind == WorkloadKind::deployment)
    return pod.controller->kind == "ReplicaSet" && workload.selector.matches(pod.labels);
  return pod.controller->uid == workload.uid;
}

// Those of one kind whose Pods the Service selects, by name.
Task<ApiResult<std::vector<Workload>>> workloads_of_kind(Client& client, WorkloadKind kind,
                                                         const Service& service) {
  ApiResult<std::vector<Workload>> all =
      co_await list_workloads(client, kind, service.namespace_name, std::string());
  if (!all) co_return all;
  std::erase_if(*all,
                [&](const Workload& workload) { return !selects(service.selector, workload.pod_labels); });
  std::sort(all->begin(), all->end(),
            [](const Workload& left, const Workload& right) { return left.name < right.name; });
  co_return all;
}

}  // namespace

std::string_view to_string(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::deployment:
      return "Deployment";
    case WorkloadKind::stateful_set:
      return "StatefulSet";
    case WorkloadKind::daemon_set:
      return "DaemonSet";
  }
  return "?";
}

std::string_view lower_name(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::deployment:
      return "deployment";
    case WorkloadKind::stateful_set:
      return "statefulset";
    case WorkloadKind::daemon_set:
      return "daemonset";
  }
  return "?";
}

ResourceType resource_type(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::deployment:
      return deployments();
    case WorkloadKind::stateful_set:
      return stateful_sets();
    case WorkloadKind::daemon_set:
      return daemon_sets();
  }
  return {};
}

std::optional<WorkloadKind> workload_kind(std::string_view kind) {
  for (const WorkloadKind known : workload_kinds) {
    if (to_string(known) == kind) return known;
  }
  return std::nullopt;
}

bool Workload::rolled_out() const {
  return observed_generation >= generation && current_replicas == replicas && updated_replicas == replicas &&
         ready_replicas == replicas && available_replicas == replicas;
}

ObjectRef Workload::reference() const {
  return {resource_type(kind), namespace_name, name};
}

std::string to_string(const Workload& workload) {
  return std::string(to_string(workload.kind)) + ' ' + workload.namespace_name + '/' + workload.name;
}

Workload parse_workload(WorkloadKind kind, const json::value& object) {
  Workload workload;
  workload.kind = kind;
  workload.namespace_name = text_field(object, "/metadata/namespace");
  workload.name = text_field(object, "/metadata/name");
  workload.uid = text_field(object, "/metadata/uid");
  workload.resource_version = text_field(object, "/metadata/resourceVersion");
  workload.generation = integer_field(object, "/metadata/generation");
  workload.labels = labels_field(object, "/metadata/labels");
  workload.annotations = labels_field(object, "/metadata/annotations");
  workload.controller = parse_controller(object);
  if (const json::value* selector = field(object, "/spec/selector"))
    workload.selector = parse_selector(*selector);
  workload.match_labels = workload.selector.match_labels;
  workload.pod_labels = labels_field(object, "/spec/template/metadata/labels");
  workload.observed_generation = integer_field(object, "/status/observedGeneration");
  workload.managed_fields = array_field(object, "/metadata/managedFields");
  if (kind == WorkloadKind::daemon_set) {
    read_daemon_set(object, workload);
  } else {
    read_replicas(object, workload);
  }
  return workload;
}

Task<ApiResult<Workload>> read_workload(Client& client, WorkloadKind kind, std::string namespace_name,
                                        std::string name) {
  const ObjectRef reference(resource_type(kind), std::move(namespace_name), std::move(name));
  Request request;
  request.path = object_path(reference);
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  co_return answer.map([kind](const json::value& object) { return parse_workload(kind, object); });
}

Task<ApiResult<std::vector<Workload>>> list_workloads(Client& client, WorkloadKind kind,
                                                      std::string namespace_name,
                                                      std::string label_selector) {
  ListRequest request;
  request.path = collection_path(resource_type(kind), namespace_name);
  request.label_selector = std::move(label_selector);
  ApiResult<ObjectList> list = co_await list_all(client, std::move(request));
  if (!list) co_return tl::unexpected(list.error());
  std::vector<Workload> found;
  found.reserve(list->items.size());
  for (const auto& item : list->items) found.push_back(parse_workload(kind, item));
  co_return found;
}

Task<ApiResult<std::vector<Workload>>> workloads_behind(Client& client, Service service) {
  std::vector<Workload> behind;
  if (service.selector.empty()) co_return behind;
  for (const WorkloadKind kind : workload_kinds) {
    ApiResult<std::vector<Workload>> of_kind = co_await workloads_of_kind(client, kind, service);
    if (!of_kind) co_return tl::unexpected(of_kind.error());
    for (Workload& workload : *of_kind) behind.push_back(std::move(workload));
  }
  co_return behind;
}

std::vector<Pod> pods_of_others(const std::vector<Pod>& pods, const std::vector<Workload>& workloads) {
  std::vector<Pod> others;
  for (const Pod& pod : pods) {
    const bool known = std::any_of(workloads.begin(), workloads.end(),
                                   [&](const Workload& workload) { return made_by(pod, workload); });
    if (!known) others.push_back(pod);
  }
  return others;
}

}  // namespace meshdrill::kube
