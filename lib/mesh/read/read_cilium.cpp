#include "mesh/read/read_fields.hpp"
#include "mesh/read/read_parts.hpp"

namespace meshdrill::mesh {
namespace {

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
  read_ipam(map, datapath.ipam);
  datapath.chaining_mode = map.string("chainingMode").value_or(datapath.chaining_mode);
  datapath.unsafe_skb = map.boolean("allowUnsafePolicySKBUsage").value_or(datapath.unsafe_skb);
  datapath.cilium_where = map.node().where;
}

void read_native(MapReader& map, std::string_view key, Family family, std::optional<LocatedPrefix>& to) {
  const std::optional<IpPrefix> prefix = read_prefix(map, key);
  if (!prefix) return;
  if (prefix->family() != family) {
    map.error(*map.find(key), key, "this prefix is of the other address family", {}, "pod-cidr-family");
    return;
  }
  to = LocatedPrefix{*prefix, where_of(map, key)};
}

}  // namespace

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
    map.error(*map.find("maxConnectedClusters"), "maxConnectedClusters", "Cilium knows only 255 and 511", {},
              "max-connected-clusters");
  }
  cilium.policy_default_local_cluster = map.boolean("policyDefaultLocalCluster");
  cilium.default_global_namespace = map.boolean("defaultGlobalNamespace");
  if (map.duration("cacheTTL")) cilium.cache_ttl = map.find("cacheTTL")->scalar;
  cilium.policy_where = where_of(map, "policyDefaultLocalCluster");
  cilium.namespace_where = where_of(map, "defaultGlobalNamespace");
  cilium.cache_where = where_of(map, "cacheTTL");
  cilium.where = map.node().where;
  cilium.version_where = where_of(map, "version");
  cilium.domain_where = where_of(map, "domain");
  return cilium;
}

void read_own_cilium(MapReader& map, Cluster& cluster) {
  if (auto version = map.string("version")) {
    cluster.version = std::move(*version);
    cluster.version_where = where_of(map, "version");
  }
  cluster.values_files = map.strings("valuesFiles").value_or(std::vector<std::string>{});
  read_agents(map, cluster.datapath);
}

}  // namespace meshdrill::mesh
