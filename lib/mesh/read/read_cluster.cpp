#include "mesh/read/read_fields.hpp"
#include "mesh/read/read_parts.hpp"

namespace meshdrill::mesh {
namespace {

ApiServer read_apiserver(MapReader& map) {
  ApiServer apiserver;
  const auto type = map.choice("type", {"NodePort", "LoadBalancer"});
  if (type == "LoadBalancer") apiserver.exposure = ApiServer::Exposure::load_balancer;
  apiserver.ips = read_addresses(map, "ips");
  apiserver.address = map.string("address").value_or("");
  if (const auto port = map.integer("port", 1, 65535)) apiserver.port = static_cast<int>(*port);
  if (!apiserver.ips.empty() && !apiserver.address.empty()) {
    map.error(*map.find("address"), "address", "the chart takes ips and ignores address when both are given",
              "Leave one of them out.", "peer-endpoint");
  }
  apiserver.where = map.node().where;
  apiserver.port_where = where_of(map, "port");
  return apiserver;
}

}  // namespace

Cluster read_cluster(MapReader& map, const Cilium& cilium, const Datapath& datapath) {
  Cluster cluster;
  cluster.version = cilium.version;
  cluster.version_where = cilium.version_where;
  cluster.datapath = datapath;
  map.section("cilium", [&](MapReader& section) { read_own_cilium(section, cluster); });
  map.section("routing", [&](MapReader& section) { read_routing(section, cluster.datapath); });
  map.require("name");
  cluster.name = map.string("name").value_or("");
  cluster.context = map.string("context").value_or(cluster.name);
  // The range is checked with the whole mesh, which knows how many clusters it may have.
  if (const auto id = map.integer("id", -1'000'000'000, 1'000'000'000)) cluster.id = static_cast<int>(*id);
  cluster.pod_cidrs = read_prefixes(map, "podCIDRs");
  cluster.node_cidrs = read_prefixes(map, "nodeCIDRs");
  cluster.service_cidrs = read_prefixes(map, "serviceCIDRs");
  cluster.nodes = read_addresses(map, "nodes");
  cluster.apiserver.where = map.node().where;
  map.section("apiserver", [&](MapReader& section) { cluster.apiserver = read_apiserver(section); });
  cluster.ingress = read_addresses(map, "ingress");
  cluster.where = where_of(map, "name");
  cluster.id_where = where_of(map, "id");
  cluster.context_where = where_of(map, "context");
  return cluster;
}

}  // namespace meshdrill::mesh
