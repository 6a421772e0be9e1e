#include "base/ip_prefix.hpp"
#include "lab/api/api_defaults.hpp"
#include "lab/api/json_access.hpp"

#include <set>
#include <utility>

#include <boost/json/array.hpp>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

constexpr std::int64_t kFirstNodePort = 30000;  // the API server's default range
constexpr std::int64_t kLastNodePort = 32767;

std::set<std::string, std::less<>> used_addresses(const ObjectStore& store) {
  std::set<std::string, std::less<>> used;
  for (const ObjectPtr& service : store.list("services"))
    used.emplace(text_at(*service, {"spec", "clusterIP"}));
  return used;
}

// The first address of the network that no Service has; the network's own and the next one, which in a real
// cluster is the API server's, are never given.
StoreResult<std::string> free_address(const ObjectStore& store, std::string_view network) {
  const auto prefix = parse_prefix(network);
  if (!prefix) return tl::unexpected(internal_error(prefix.error().message));
  const auto used = used_addresses(store);
  for (uint128 value = prefix->base.value + 2; value < prefix->last(); ++value) {
    std::string address = to_string(IpAddress{.family = prefix->family(), .value = value});
    if (!used.contains(address)) return address;
  }
  return tl::unexpected(internal_error("failed to allocate a serviceIP: range is full"));
}

std::set<std::int64_t> used_node_ports(const ObjectStore& store) {
  std::set<std::int64_t> used;
  for (const ObjectPtr& service : store.list("services")) {
    const json::array* const ports = find_array(*service, {"spec", "ports"});
    if (ports == nullptr) continue;
    for (const json::value& port : *ports) {
      if (const auto number = integer_at(port.get_object(), {"nodePort"})) used.insert(*number);
    }
  }
  return used;
}

void give_node_ports(const ObjectStore& store, json::object& spec) {
  std::set<std::int64_t> used = used_node_ports(store);
  json::value* const ports = spec.if_contains("ports");
  if (ports == nullptr || !ports->is_array()) return;
  for (json::value& port : ports->get_array()) {
    if (!port.is_object() || port.get_object().contains("nodePort")) continue;
    std::int64_t number = kFirstNodePort;
    while (number <= kLastNodePort && used.contains(number)) ++number;
    port.get_object()["nodePort"] = number;
    used.insert(number);
  }
}

}  // namespace

StoreResult<Object> allocate_service(const ObjectStore& store, const Object* live, Object service,
                                     std::string_view network) {
  json::object& spec = object_at(service, {"spec"});
  const std::string type(text_at(spec, {"type"}));  // a copy: adding fields moves what it stands in
  if (type == "ExternalName") return service;
  if (text_at(spec, {"clusterIP"}).empty()) {
    std::string address(live == nullptr ? std::string_view() : text_at(*live, {"spec", "clusterIP"}));
    if (address.empty()) {
      auto fresh = free_address(store, network);
      if (!fresh) return tl::unexpected(std::move(fresh.error()));
      address = std::move(*fresh);
    }
    spec["clusterIP"] = address;
  }
  spec["clusterIPs"] = json::array{spec.at("clusterIP")};
  if (type == "NodePort" || type == "LoadBalancer") give_node_ports(store, spec);
  return service;
}

}  // namespace meshdrill::lab
