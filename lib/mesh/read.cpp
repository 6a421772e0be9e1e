#include "mesh/read.hpp"

#include "mesh/read_fields.hpp"

#include <initializer_list>

namespace meshdrill::mesh {
namespace {

// A TCP port, or `otherwise`.
int read_port(MapReader& map, std::string_view key, int otherwise) {
  return static_cast<int>(map.integer(key, 1, 65535).value_or(otherwise));
}

// Calls `take` with the value of `names` that stands under `key`.
template <class T, class Take>
void read_name(MapReader& map, std::string_view key, std::initializer_list<T> values, Take take) {
  std::vector<std::string_view> names;
  for (const T value : values) names.push_back(name_of(value));
  const auto name = map.choice(key, names);
  for (const T value : values) {
    if (name == name_of(value)) take(value);
  }
}

template <class T>
void read_into(std::optional<T> value, std::optional<T>& to) {
  if (value) to = value;
}

// What `cilium` says of the agents, in the mesh's section or on top of it in a cluster's.
void read_agents(MapReader& map, Datapath& datapath) {
  read_into(map.boolean("kubeProxyReplacement"), datapath.kube_proxy_replacement);
  read_into(map.boolean("socketLB"), datapath.socket_lb);
  read_into(map.boolean("l7Proxy"), datapath.l7_proxy);
  read_name(map, "encryption", {Encryption::none, Encryption::wireguard, Encryption::ipsec},
            [&](Encryption value) { datapath.encryption = value; });
  read_name(map, "ipam",
            {Ipam::cluster_pool, Ipam::kubernetes, Ipam::eni, Ipam::azure, Ipam::alibabacloud,
             Ipam::delegated_plugin},
            [&](Ipam value) { datapath.ipam = value; });
  datapath.chaining_mode = map.string("chainingMode").value_or(datapath.chaining_mode);
  datapath.unsafe_skb = map.boolean("allowUnsafePolicySKBUsage").value_or(datapath.unsafe_skb);
  datapath.cilium_where = map.node().where;
}

void read_native(MapReader& map, std::string_view key, Family family, std::optional<LocatedPrefix>& to) {
  const std::optional<IpPrefix> prefix = read_prefix(map, key);
  if (!prefix) return;
  if (prefix->family() != family) {
    map.error(*map.find(key), key, "this prefix is of the other address family");
    return;
  }
  to = LocatedPrefix{*prefix, where_of(map, key)};
}

void read_routing(MapReader& map, Datapath& datapath) {
  read_name(map, "mode", {RoutingMode::tunnel, RoutingMode::native},
            [&](RoutingMode value) { datapath.routing_mode = value; });
  read_name(map, "tunnelProtocol", {TunnelProtocol::vxlan, TunnelProtocol::geneve},
            [&](TunnelProtocol value) { datapath.tunnel_protocol = value; });
  read_native(map, "ipv4NativeRoutingCIDR", Family::ipv4, datapath.native_ipv4);
  read_native(map, "ipv6NativeRoutingCIDR", Family::ipv6, datapath.native_ipv6);
  datapath.routing_where = map.node().where;
}

Cilium read_cilium(MapReader& map, Datapath& datapath) {
  Cilium cilium;
  map.require("version");
  read_agents(map, datapath);
  cilium.version = map.string("version").value_or("");
  cilium.release = map.string("release").value_or(cilium.release);
  cilium.kube_namespace = map.string("namespace").value_or(cilium.kube_namespace);
  cilium.chart = map.string("chart").value_or("");
  cilium.values_key = map.string("valuesKey").value_or("");
  cilium.values_files = map.strings("valuesFiles").value_or(std::vector<std::string>{});
  cilium.domain = map.string("domain").value_or(cilium.domain);
  cilium.max_connected_clusters =
      static_cast<int>(map.integer("maxConnectedClusters", 1, 511).value_or(cilium.max_connected_clusters));
  if (cilium.max_connected_clusters != 255 && cilium.max_connected_clusters != 511) {
    map.error(*map.find("maxConnectedClusters"), "maxConnectedClusters", "Cilium knows only 255 and 511");
  }
  cilium.where = map.node().where;
  cilium.version_where = where_of(map, "version");
  cilium.domain_where = where_of(map, "domain");
  return cilium;
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

ApiServer read_apiserver(MapReader& map) {
  ApiServer apiserver;
  const auto type = map.choice("type", {"NodePort", "LoadBalancer"});
  if (type == "LoadBalancer") apiserver.exposure = ApiServer::Exposure::load_balancer;
  apiserver.ips = read_addresses(map, "ips");
  apiserver.address = map.string("address").value_or("");
  if (const auto port = map.integer("port", 1, 65535)) apiserver.port = static_cast<int>(*port);
  if (!apiserver.ips.empty() && !apiserver.address.empty()) {
    map.error(*map.find("address"), "address", "the chart takes ips and ignores address when both are given",
              "Leave one of them out.");
  }
  apiserver.where = map.node().where;
  apiserver.port_where = where_of(map, "port");
  return apiserver;
}

// What the cluster has of its own instead of the mesh's.
void read_own_cilium(MapReader& map, Cluster& cluster) {
  if (auto version = map.string("version")) {
    cluster.version = std::move(*version);
    cluster.version_where = where_of(map, "version");
  }
  cluster.values_files = map.strings("valuesFiles").value_or(std::vector<std::string>{});
  read_agents(map, cluster.datapath);
}

// `cilium` and `datapath` are what the mesh's sections say.
Cluster read_cluster(MapReader& map, const Cilium& cilium, const Datapath& datapath) {
  Cluster cluster;
  cluster.version = cilium.version;
  cluster.version_where = cilium.version_where;
  cluster.datapath = datapath;
  read_section(map, "cilium", [&](MapReader& section) { read_own_cilium(section, cluster); });
  read_section(map, "routing", [&](MapReader& section) { read_routing(section, cluster.datapath); });
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
  read_section(map, "apiserver", [&](MapReader& section) { cluster.apiserver = read_apiserver(section); });
  cluster.ingress = read_addresses(map, "ingress");
  cluster.where = where_of(map, "name");
  cluster.id_where = where_of(map, "id");
  cluster.context_where = where_of(map, "context");
  return cluster;
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
