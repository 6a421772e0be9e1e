#include "kube/endpoints.hpp"

#include "kube/json_fields.hpp"
#include "kube/list.hpp"

#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

// Cilium's EndpointSlice synchronisation (docs: "Global EndpointSlices") marks what it brings from other
// clusters so. Those say nothing about this cluster's own Pods.
constexpr std::string_view mesh_controller = "endpointslice-mesh-controller.cilium.io";

struct Endpoint {
  bool ready = false;
  bool serving = false;
  bool terminating = false;
};

using Endpoints = std::map<std::string, Endpoint>;

// Pods have one address a family, and a slice holds one family only; their uid is the same in both.
std::string key_of(const json::value& endpoint) {
  std::string uid = text_field(endpoint, "/targetRef/uid");
  return uid.empty() ? text_field(endpoint, "/addresses/0") : uid;
}

void add(Endpoints& endpoints, const json::value& slice) {
  for (const auto& item : array_field(slice, "/endpoints")) {
    const bool ready = boolean_field(item, "/conditions/ready", true);
    Endpoint& endpoint = endpoints[key_of(item)];
    endpoint.ready |= ready;
    endpoint.serving |= boolean_field(item, "/conditions/serving", ready);
    endpoint.terminating |= boolean_field(item, "/conditions/terminating", false);
  }
}

EndpointTally tally(const Endpoints& endpoints) {
  EndpointTally tally;
  for (const auto& [key, endpoint] : endpoints) {
    tally.ready += endpoint.ready ? 1 : 0;
    tally.serving += endpoint.serving ? 1 : 0;
    tally.terminating += endpoint.terminating ? 1 : 0;
    ++tally.total;
  }
  return tally;
}

}  // namespace

ServiceEndpoints count_endpoints(const std::vector<json::value>& slices) {
  Endpoints local;
  std::map<std::string, Endpoints> remote;
  for (const auto& slice : slices) {
    const auto labels = labels_field(slice, "/metadata/labels");
    const auto manager = labels.find("endpointslice.kubernetes.io/managed-by");
    if (manager == labels.end() || manager->second != mesh_controller) {
      add(local, slice);
      continue;
    }
    const auto source = labels.find("multicluster.kubernetes.io/source-cluster");
    add(remote[source == labels.end() ? std::string() : source->second], slice);
  }
  ServiceEndpoints counted;
  counted.local = tally(local);
  for (const auto& [cluster, endpoints] : remote) counted.remote[cluster] = tally(endpoints);
  return counted;
}

Task<ApiResult<ServiceEndpoints>> read_endpoints(Client& client, ObjectRef service) {
  ListRequest request;
  request.path = collection_path(endpoint_slices(), service.namespace_name);
  request.label_selector = "kubernetes.io/service-name=" + service.name;
  ApiResult<ObjectList> list = co_await list_all(client, std::move(request));
  if (!list) co_return tl::unexpected(list.error());
  co_return count_endpoints(list->items);
}

}  // namespace meshdrill::kube
