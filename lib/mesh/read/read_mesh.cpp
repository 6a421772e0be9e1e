#include "mesh/read/read_mesh.hpp"

#include "mesh/read/read_fields.hpp"
#include "mesh/read/read_parts.hpp"

namespace meshdrill::mesh {
namespace {

AddressPool read_pool(MapReader& map, Family family) {
  AddressPool pool;
  pool.where = map.node().where;
  pool.cluster_where = where_of(map, "cluster");
  pool.node_where = where_of(map, "node");
  pool.pool = read_prefix(map, "pool");
  if (pool.pool && pool.pool->family() != family) {
    map.error(*map.find("pool"), "pool", "this prefix is of the other address family", {}, "pod-cidr-family");
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
  map.section("ipv4", [&](MapReader& pool) { addressing.ipv4 = read_pool(pool, Family::ipv4); });
  map.section("ipv6", [&](MapReader& pool) { addressing.ipv6 = read_pool(pool, Family::ipv6); });
  if (!addressing.ipv4 && !addressing.ipv6 && map.node().kind == Node::Kind::map) {
    map.error(map.node(), "ipv4", "at least one address family is needed",
              "For example: ipv4: {pool: 10.96.0.0/11, cluster: 16, node: 24}", "missing-key");
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

Mesh read_document(MapReader& map) {
  Mesh mesh;
  mesh.name = read_header(map, "Mesh");
  mesh.where = map.node().where;
  for (const std::string_view key : {"cilium", "addressing", "clusters"}) map.require(key);
  Datapath datapath;
  map.section("cilium", [&](MapReader& section) { mesh.cilium = read_cilium(section, datapath); });
  map.section("routing", [&](MapReader& section) { read_routing(section, datapath); });
  map.section("addressing", [&](MapReader& section) { mesh.addressing = read_addressing(section); });
  map.items("networks", [&](MapReader& item) { mesh.networks.push_back(read_network(item)); });
  map.section("ingress", [&](MapReader& section) { mesh.ingress = read_ingress(section); });
  map.section("dns", [&](MapReader& section) { mesh.dns = read_dns(section); });
  map.section("trust", [&](MapReader& section) { mesh.trust = read_trust(section); });
  map.items("clusters",
            [&](MapReader& item) { mesh.clusters.push_back(read_cluster(item, mesh.cilium, datapath)); });
  map.items("services", [&](MapReader& item) { mesh.services.push_back(read_service(item)); });
  map.finish();
  return mesh;
}

}  // namespace

KeyShape mesh_file_shape() {
  return record_shape([](MapReader& map) { read_document(map); });
}

Checked<Mesh> read_mesh(const Node& document) {
  Diagnostics diagnostics;
  MapReader map{document, "", diagnostics};
  Mesh mesh = read_document(map);
  if (has_errors(diagnostics)) return tl::unexpected(std::move(diagnostics));
  return mesh;
}

Checked<Mesh> read_mesh_text(std::string_view text, const std::string& file) {
  return parse_document(text, file, mesh_file_limits).and_then([](const Node& document) {
    return read_mesh(document);
  });
}

}  // namespace meshdrill::mesh
