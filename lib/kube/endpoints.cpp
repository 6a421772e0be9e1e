#include "kube/endpoints.hpp"

#include "kube/endpoint_counter.hpp"
#include "kube/json_fields.hpp"
#include "kube/list.hpp"

#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

// Cilium's EndpointSlice synchronisation (docs: "Global EndpointSlices") marks what it brings from other
// clusters so. Those say nothing about this cluster's own Pods.
constexpr std::string_view mesh_controller = "endpointslice-mesh-controller.cilium.io";

// Pods have one address a family, and a slice holds one family only; their uid is the same in both.
std::string key_of(const json::value& endpoint) {
  std::string uid = text_field(endpoint, "/targetRef/uid");
  return uid.empty() ? text_field(endpoint, "/addresses/0") : uid;
}

Task<ApiResult<ObjectList>> list_slices(Client& client, const ResourceType& type, const ObjectRef& service) {
  ListRequest request;
  request.path = collection_path(type, service.namespace_name);
  request.label_selector = "kubernetes.io/service-name=" + service.name;
  co_return co_await list_all(client, std::move(request));
}

}  // namespace

void EndpointCounter::add(Endpoints& endpoints, const json::value& slice) {
  for (const auto& item : array_field(slice, "/endpoints")) {
    const bool ready = boolean_field(item, "/conditions/ready", true);
    Endpoint& endpoint = endpoints[key_of(item)];
    endpoint.ready |= ready;
    endpoint.serving |= boolean_field(item, "/conditions/serving", ready);
    endpoint.terminating |= boolean_field(item, "/conditions/terminating", false);
  }
}

EndpointTally EndpointCounter::tally(const Endpoints& endpoints) {
  EndpointTally tally;
  for (const auto& [key, endpoint] : endpoints) {
    tally.ready += endpoint.ready ? 1 : 0;
    tally.serving += endpoint.serving ? 1 : 0;
    tally.terminating += endpoint.terminating ? 1 : 0;
    ++tally.total;
  }
  return tally;
}

void EndpointCounter::add(const json::value& slice) {
  const auto labels = labels_field(slice, "/metadata/labels");
  const auto manager = labels.find("endpointslice.kubernetes.io/managed-by");
  if (manager == labels.end() || manager->second != mesh_controller) {
    add(local_, slice);
    return;
  }
  const auto source = labels.find("multicluster.kubernetes.io/source-cluster");
  add(remote_[source == labels.end() ? std::string() : source->second], slice);
}

ServiceEndpoints EndpointCounter::counted() const {
  ServiceEndpoints counted;
  counted.local = tally(local_);
  for (const auto& [cluster, endpoints] : remote_) counted.remote[cluster] = tally(endpoints);
  return counted;
}

ServiceEndpoints count_endpoints(const std::vector<json::value>& slices) {
  EndpointCounter counter;
  for (const auto& slice : slices) counter.add(slice);
  return counter.counted();
}

ResourceType endpoint_slices_before_1_21() {
  ResourceType type = endpoint_slices();
  type.version = "v1beta1";
  return type;
}

Task<ApiResult<ResourceType>> discover_endpoint_slices(Client& client) {
  const ResourceType newest = endpoint_slices();
  Request request;
  request.path = "/apis/" + newest.group;
  ApiResult<json::value> group = co_await client.request(std::move(request));
  if (!group) co_return tl::unexpected(group.error());
  for (const auto& version : array_field(*group, "/versions")) {
    if (text_field(version, "/version") == newest.version) co_return newest;
  }
  co_return endpoint_slices_before_1_21();
}

Task<ApiResult<ServiceEndpoints>> read_endpoints(Client& client, ObjectRef service) {
  const ResourceType newest = endpoint_slices();
  ApiResult<ObjectList> list = co_await list_slices(client, newest, service);
  // No collection is ever "not found" but one whose version the API does not have.
  if (!list && list.error().not_found()) {
    const ResourceType older = endpoint_slices_before_1_21();
    list = co_await list_slices(client, older, service);
  }
  if (!list) co_return tl::unexpected(list.error());
  co_return count_endpoints(list->items);
}

}  // namespace meshdrill::kube
