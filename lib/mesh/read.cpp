#include "mesh/read.hpp"

#include "mesh/read_fields.hpp"
#include "mesh/read_parts.hpp"

namespace meshdrill::mesh {
namespace {

// A TCP port, or `otherwise`.
int read_port(MapReader& map, std::string_view key, int otherwise) {
  return static_cast<int>(map.integer(key, 1, 65535).value_or(otherwise));
}

AddressPool read_pool(MapReader& map, Family family) {
  AddressPool pool;
  pool.where = map.node().where;
  pool.cluster_where = where_of(map, "cluster");
  pool.node_where = where_of(map, "node");
  pool.pool = read_prefix(map, "pool");
  if (pool.pool && pool.pool->family() != family) {
    map.error(*map.find("pool"), "pool", "this prefix is of the other address family");
    pool.pool.reset();
  }
  // What the chart has as its own default for a node's share.
  const int node_default = family == Family::ipv4 ? 24 : 120;
  pool.node_length = static_cast<int>(map.integer("node", 1, width(family)).value_or(node_default));
  if (pool.pool) map.require("cluster");
  pool.cluster_length = static_cast<int>(map.integer("cluster", 1, width(family)).value_or(0));
  return pool;
}

Addressing read_addressing(MapReader& map) {
  Addressing addressing;
  read_section(map, "ipv4", [&](MapReader& pool) { addressing.ipv4 = read_pool(pool, Family::ipv4); });
  read_section(map, "ipv6", [&](MapReader& pool) { addressing.ipv6 = read_pool(pool, Family::ipv6); });
  if (!addressing.ipv4 && !addressing.ipv6 && map.node().kind == Node::Kind::map) {
    map.error(map.node(), "ipv4", "at least one address family is needed",
              "For example: ipv4: {pool: 10.96.0.0/11, cluster: 16, node: 24}");
  }
  return addressing;
}

NamedNetwork read_network(MapReader& map) {
  NamedNetwork network;
  map.require("name");
  map.require("cidr");
  network.name = map.string("name").value_or("");
  network.prefix = read_prefix(map, "cidr").value_or(IpPrefix{});
  network.where = where_of(map, "cidr");
  return network;
}

Ingress read_ingress(MapReader& map) {
  Ingress ingress;
  map.choice("controller", {"nginx"});
  map.require("host");
  ingress.host = map.string("host").value_or("");
  ingress.port = read_port(map, "port", ingress.port);
  ingress.path = map.string("path").value_or(ingress.path);
  ingress.class_name = map.string("className").value_or(ingress.class_name);
  ingress.node_selector = read_string_map(map, "nodeSelector");
  ingress.release = map.string("release").value_or(ingress.release);
  ingress.kube_namespace = map.string("namespace").value_or(ingress.kube_namespace);
  ingress.chart = map.string("chart").value_or("");
  ingress.values_key = map.string("valuesKey").value_or("");
  ingress.service = map.string("service").value_or("");
  ingress.where = map.node().where;
  ingress.host_where = where_of(map, "host");
  ingress.service_where = where_of(map, "service");
  return ingress;
}

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

GlobalService read_service(MapReader& map) {
  GlobalService service;
  map.require("name");
  map.require("ports");
  service.name = map.string("name").value_or("");
  service.kube_namespace = map.string("namespace").value_or(service.kube_namespace);
  read_items(map, "ports", [&](MapReader& item) { service.ports.push_back(read_service_port(item)); });
  service.selector = read_string_map(map, "selector");
  if (service.selector.empty()) service.selector = {{"app", service.name}};
  service.shared = map.boolean("shared").value_or(service.shared);
  const Node* affinity = map.find("affinity");
  if (affinity != nullptr && affinity->scalar == "none") {
    map.error(*affinity, "affinity", "\"none\" makes some Cilium versions drop all remote backends (#46623)",
              "Leave the key out, which means the same and works.");
  } else if (const auto choice = map.choice("affinity", {"local", "remote"})) {
    service.affinity = *choice == "local" ? GlobalService::Affinity::local : GlobalService::Affinity::remote;
  }
  service.sync_endpoint_slices = map.boolean("syncEndpointSlices").value_or(service.sync_endpoint_slices);
  service.sample = map.boolean("sample").value_or(service.sample);
  service.replicas = static_cast<int>(map.integer("replicas", 1, 1000).value_or(service.replicas));
  service.image = map.string("image").value_or(service.image);
  service.where = where_of(map, "name");
  return service;
}

}  // namespace

Checked<Mesh> read_mesh(const Node& document) {
  Diagnostics diagnostics;
  Mesh mesh;
  MapReader map{document, "", diagnostics};
  mesh.name = read_header(map, "Mesh");
  mesh.where = document.where;
  for (const std::string_view key : {"cilium", "addressing", "clusters"}) map.require(key);
  Datapath datapath;
  read_section(map, "cilium", [&](MapReader& section) { mesh.cilium = read_cilium(section, datapath); });
  read_section(map, "routing", [&](MapReader& section) { read_routing(section, datapath); });
  read_section(map, "addressing", [&](MapReader& section) { mesh.addressing = read_addressing(section); });
  read_items(map, "networks", [&](MapReader& item) { mesh.networks.push_back(read_network(item)); });
  read_section(map, "ingress", [&](MapReader& section) { mesh.ingress = read_ingress(section); });
  read_items(map, "clusters",
             [&](MapReader& item) { mesh.clusters.push_back(read_cluster(item, mesh.cilium, datapath)); });
  read_items(map, "services", [&](MapReader& item) { mesh.services.push_back(read_service(item)); });
  map.finish();
  if (has_errors(diagnostics)) return tl::unexpected(std::move(diagnostics));
  return mesh;
}

Checked<Mesh> read_mesh_text(std::string_view text, const std::string& file) {
  return parse_document(text, file).and_then([](const Node& document) { return read_mesh(document); });
}

}  // namespace meshdrill::mesh
