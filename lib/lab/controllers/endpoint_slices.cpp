#include "lab/controllers/endpoint_slices.hpp"

#include "lab/api/object_fields.hpp"

#include <map>
#include <optional>

#include <boost/json/serialize.hpp>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

constexpr std::size_t endpoints_per_slice = 100;  // kube-controller-manager's --max-endpoints-per-slice

// A Service's targetPort in this Pod: a number, or the name of a container's port; by default the port
// itself.
std::optional<std::int64_t> target_port(const Object& service_port, const Object& pod) {
  const json::value* target = find_value(service_port, {"targetPort"});
  if (target == nullptr || target->is_null()) return integer_at(service_port, {"port"});
  if (!target->is_string()) return integer_at(service_port, {"targetPort"});
  for (const json::value& container : items_at(pod, {"spec", "containers"})) {
    if (!container.is_object()) continue;
    for (const json::value& port : items_at(container.get_object(), {"ports"})) {
      if (!port.is_object() || text_at(port.get_object(), {"name"}) != view(target->get_string())) continue;
      return integer_at(port.get_object(), {"containerPort"});
    }
  }
  return std::nullopt;
}

json::array resolved_ports(const Object& service, const Object& pod) {
  json::array ports;
  for (const json::value& item : items_at(service, {"spec", "ports"})) {
    if (!item.is_object()) continue;
    const auto number = target_port(item.get_object(), pod);
    if (!number) continue;
    const std::string_view protocol = text_at(item.get_object(), {"protocol"});
    ports.emplace_back(Object{{"name", text_at(item.get_object(), {"name"})},
                              {"port", *number},
                              {"protocol", protocol.empty() ? "TCP" : protocol}});
  }
  return ports;
}

Object endpoint_of(const Object& service, const Object& pod) {
  const bool serving = condition_true(pod, "Ready");
  const bool terminating = being_deleted(pod);
  const bool anyway = boolean_at(service, {"spec", "publishNotReadyAddresses"});
  Object endpoint{{"addresses", json::array{json::value(text_at(pod, {"status", "podIP"}))}}};
  endpoint["conditions"] = Object{
      {"ready", anyway || (serving && !terminating)}, {"serving", serving}, {"terminating", terminating}};
  endpoint["nodeName"] = text_at(pod, {"spec", "nodeName"});
  endpoint["targetRef"] =
      Object{{"kind", "Pod"}, {"namespace", namespace_of(pod)}, {"name", name_of(pod)}, {"uid", uid_of(pod)}};
  return endpoint;
}

Object slice_object(const SliceOwner& owner, const SliceContent& content) {
  Object slice{{"apiVersion", "discovery.k8s.io/v1"}, {"kind", "EndpointSlice"}, {"addressType", "IPv4"}};
  Object& metadata = object_at(slice, {"metadata"});
  metadata["generateName"] = owner.name_prefix;
  metadata["namespace"] = namespace_of(owner.service);
  metadata["labels"] = owner.labels;
  metadata["ownerReferences"] = json::array{controller_reference(owner.service, "v1", "Service")};
  // Kubernetes answers with null, not with an empty list, where a slice has none.
  slice["endpoints"] = content.endpoints.empty() ? json::value(nullptr) : json::value(content.endpoints);
  slice["ports"] = content.ports.empty() ? json::value(nullptr) : json::value(content.ports);
  return slice;
}

}  // namespace

std::vector<SliceContent> slices_of_pods(const Object& service, const std::vector<ObjectPtr>& pods) {
  std::map<std::string, SliceContent> groups;  // by the ports, as text
  for (const ObjectPtr& pod : pods) {
    if (text_at(*pod, {"status", "podIP"}).empty()) continue;
    json::array ports = resolved_ports(service, *pod);
    SliceContent& group = groups[json::serialize(ports)];
    group.ports = std::move(ports);
    group.endpoints.emplace_back(endpoint_of(service, *pod));
  }
  std::vector<SliceContent> contents;
  for (auto& [ports, group] : groups) {
    for (std::size_t first = 0; first < group.endpoints.size(); first += endpoints_per_slice) {
      SliceContent content{group.ports, {}};
      for (std::size_t i = first; i < std::min(first + endpoints_per_slice, group.endpoints.size()); ++i) {
        content.endpoints.push_back(group.endpoints[i]);
      }
      contents.push_back(std::move(content));
    }
  }
  if (contents.empty()) contents.emplace_back();
  return contents;
}

void store_slices(ObjectStore& store, const SliceOwner& owner, std::vector<SliceContent> wanted) {
  std::vector<ObjectPtr> present;
  for (ObjectPtr& slice : store.list("endpointslices", namespace_of(owner.service))) {
    if (matches_labels(owner.labels, fields_at(*slice, {"metadata", "labels"}))) {
      present.push_back(std::move(slice));
    }
  }
  std::size_t next = 0;
  for (const SliceContent& content : wanted) {
    Object slice = slice_object(owner, content);
    if (next < present.size()) {
      static_cast<void>(store.modify("endpointslices", namespace_of(owner.service), name_of(*present[next++]),
                                     [&](Object& changed) {
                                       changed["endpoints"] = slice["endpoints"];
                                       changed["ports"] = slice["ports"];
                                     }));
    } else {
      static_cast<void>(store.create("endpointslices", std::move(slice)));
    }
  }
  for (; next < present.size(); ++next) {
    static_cast<void>(store.remove("endpointslices", namespace_of(owner.service), name_of(*present[next])));
  }
}

}  // namespace meshdrill::lab
