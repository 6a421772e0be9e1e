#include "kube/workloads.hpp"

#include "kube/json_fields.hpp"
#include "kube/list.hpp"

#include <algorithm>
#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

std::vector<ReplicasManager> read_replicas_managers(const json::array& managed_fields) {
  std::vector<ReplicasManager> managers;
  for (const auto& entry : managed_fields) {
    if (field(entry, "/fieldsV1/f:spec/f:replicas") == nullptr) continue;
    managers.push_back(ReplicasManager{.manager = text_field(entry, "/manager"),
                                       .operation = text_field(entry, "/operation"),
                                       .subresource = text_field(entry, "/subresource"),
                                       .time = text_field(entry, "/time")});
  }
  return managers;
}

}  // namespace

bool Deployment::rolled_out() const {
  return observed_generation >= generation && current_replicas == replicas && updated_replicas == replicas &&
         ready_replicas == replicas && available_replicas == replicas;
}

ObjectRef Deployment::reference() const {
  return {deployments(), namespace_name, name};
}

Deployment parse_deployment(const json::value& object) {
  Deployment deployment;
  deployment.namespace_name = text_field(object, "/metadata/namespace");
  deployment.name = text_field(object, "/metadata/name");
  deployment.uid = text_field(object, "/metadata/uid");
  deployment.resource_version = text_field(object, "/metadata/resourceVersion");
  deployment.generation = integer_field(object, "/metadata/generation");
  deployment.labels = labels_field(object, "/metadata/labels");
  deployment.annotations = labels_field(object, "/metadata/annotations");
  deployment.replicas = count_field(object, "/spec/replicas", 1);
  deployment.match_labels = labels_field(object, "/spec/selector/matchLabels");
  deployment.pod_labels = labels_field(object, "/spec/template/metadata/labels");
  deployment.observed_generation = integer_field(object, "/status/observedGeneration");
  deployment.current_replicas = count_field(object, "/status/replicas");
  deployment.updated_replicas = count_field(object, "/status/updatedReplicas");
  deployment.ready_replicas = count_field(object, "/status/readyReplicas");
  deployment.available_replicas = count_field(object, "/status/availableReplicas");
  deployment.managed_fields = array_field(object, "/metadata/managedFields");
  deployment.replicas_managers = read_replicas_managers(deployment.managed_fields);
  return deployment;
}

Service parse_service(const json::value& object) {
  Service service;
  service.namespace_name = text_field(object, "/metadata/namespace");
  service.name = text_field(object, "/metadata/name");
  service.uid = text_field(object, "/metadata/uid");
  service.resource_version = text_field(object, "/metadata/resourceVersion");
  service.annotations = labels_field(object, "/metadata/annotations");
  service.selector = labels_field(object, "/spec/selector");
  service.publish_not_ready_addresses = boolean_field(object, "/spec/publishNotReadyAddresses");
  return service;
}

Task<ApiResult<Deployment>> read_deployment(Client& client, ObjectRef deployment) {
  Request request;
  request.path = object_path(deployment);
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  co_return answer.map(parse_deployment);
}

Task<ApiResult<Service>> read_service(Client& client, ObjectRef service) {
  Request request;
  request.path = object_path(service);
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  co_return answer.map(parse_service);
}

Task<ApiResult<std::vector<Deployment>>> list_deployments(Client& client, std::string namespace_name,
                                                          std::string label_selector) {
  ListRequest request;
  request.path = collection_path(deployments(), namespace_name);
  request.label_selector = std::move(label_selector);
  ApiResult<ObjectList> list = co_await list_all(client, std::move(request));
  if (!list) co_return tl::unexpected(list.error());
  std::vector<Deployment> found;
  found.reserve(list->items.size());
  for (const auto& item : list->items) found.push_back(parse_deployment(item));
  co_return found;
}

bool selects(const Labels& selector, const Labels& labels) {
  return !selector.empty() && std::all_of(selector.begin(), selector.end(), [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

Task<ApiResult<std::vector<Deployment>>> deployments_behind(Client& client, Service service) {
  std::vector<Deployment> behind;
  if (service.selector.empty()) co_return behind;
  ApiResult<std::vector<Deployment>> all =
      co_await list_deployments(client, service.namespace_name, std::string());
  if (!all) co_return tl::unexpected(all.error());
  for (auto& deployment : *all) {
    if (selects(service.selector, deployment.pod_labels)) behind.push_back(std::move(deployment));
  }
  std::sort(behind.begin(), behind.end(),
            [](const Deployment& left, const Deployment& right) { return left.name < right.name; });
  co_return behind;
}

}  // namespace meshdrill::kube
