// `services` of a mesh file.
#include "mesh/read/read_fields.hpp"
#include "mesh/read/read_parts.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

ServicePort read_service_port(MapReader& map) {
  ServicePort port;
  map.require("port");
  port.name = map.string("name").value_or("");
  port.port = read_port(map, "port", 0);
  port.target_port = read_port(map, "targetPort", port.port);
  port.protocol = map.choice("protocol", {"TCP", "UDP", "SCTP"}).value_or(port.protocol);
  port.where = map.node().where;
  return port;
}

std::optional<GlobalService::Affinity> read_affinity(MapReader& map) {
  const Node* affinity = map.find("affinity");
  if (affinity != nullptr && affinity->scalar == "none") {
    map.error(*affinity, "affinity", "\"none\" makes some Cilium versions drop all remote backends (#46623)",
              "Leave the key out, which means the same and works.", "affinity-none");
    return std::nullopt;
  }
  const auto choice = map.choice("affinity", {"local", "remote"});
  if (!choice) return std::nullopt;
  return *choice == "local" ? GlobalService::Affinity::local : GlobalService::Affinity::remote;
}

std::optional<int> read_replicas(MapReader& map) {
  const auto replicas = map.integer("replicas", 0, 1000);
  return replicas ? std::optional{static_cast<int>(*replicas)} : std::nullopt;
}

GlobalService::Override read_override(MapReader& map) {
  return {map.boolean("shared"), read_affinity(map), read_replicas(map), map.node().where};
}

}  // namespace

GlobalService read_service(MapReader& map) {
  GlobalService service;
  map.require("name");
  map.require("ports");
  service.name = map.string("name").value_or("");
  service.kube_namespace = map.string("namespace").value_or(service.kube_namespace);
  map.items("ports", [&](MapReader& item) { service.ports.push_back(read_service_port(item)); });
  service.selector = read_string_map(map, "selector");
  if (service.selector.empty()) service.selector = {{"app", service.name}};
  if (map.choice("export", {"annotations", "mcs"}) == "mcs") service.exported_by = GlobalService::Export::mcs;
  service.headless = map.boolean("headless").value_or(service.headless);
  service.shared = map.boolean("shared").value_or(service.shared);
  service.affinity = read_affinity(map).value_or(service.affinity);
  service.sync_endpoint_slices = map.boolean("syncEndpointSlices").value_or(service.sync_endpoint_slices);
  service.sample = map.boolean("sample").value_or(service.sample);
  service.replicas = read_replicas(map).value_or(service.replicas);
  service.image = map.string("image").value_or(service.image);
  map.named_sections("clusters", [&](const std::string& cluster, MapReader& item) {
    service.overrides.emplace(cluster, read_override(item));
  });
  service.where = where_of(map, "name");
  service.export_where = where_of(map, "export");
  service.affinity_where = where_of(map, "affinity");
  return service;
}

}  // namespace meshdrill::mesh
