#include "status/as_mesh.hpp"

#include "mesh/cilium_version.hpp"
#include "status/parse.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

using mesh::values::ClusterValues;
using mesh::values::HelmValue;

long long number(const std::string& text, long long otherwise) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : otherwise;
}

bool truth(const LiveCluster& cluster, const std::string& name, bool otherwise) {
  const std::string text = cluster.setting(name);
  return text.empty() ? otherwise : is_word(text, "true");
}

template <class T>
mesh::values::Setting<T> set(T value, const Location& where, bool written = true) {
  return {std::move(value), where, written};
}

// A setting that the rules look up by its place in the Helm values.
void put(HelmValue& map, std::string key, const std::string& text, const Location& where) {
  HelmValue value;
  value.kind = HelmValue::Kind::string;
  value.where = where;
  value.text = text;
  value.number = static_cast<double>(number(text, 0));
  map.kind = HelmValue::Kind::map;
  map.entries.push_back({std::move(key), where, std::move(value)});
}

std::string encryption_of(const LiveCluster& cluster) {
  if (truth(cluster, "enable-wireguard", false)) return "wireguard";
  return truth(cluster, "enable-ipsec", false) ? "ipsec" : "off";
}

ClusterValues values_of(const LiveCluster& cluster) {
  const Location where{cluster.name() == cluster.context ? cluster.name() : "context " + cluster.context, 0,
                       0};
  ClusterValues values;
  values.files = cluster.context;
  values.whole = where;
  values.cilium.kind = HelmValue::Kind::map;
  const std::string name = cluster.setting("cluster-name", "default");
  values.name = set(name, where, name != "default");
  values.id = set(number(cluster.setting("cluster-id", "0"), -1), where);
  values.max_connected = set(number(cluster.setting("max-connected-clusters", "255"), -1), where);
  values.ipv4.enabled = set(truth(cluster, "enable-ipv4", true), where);
  values.ipv6.enabled = set(truth(cluster, "enable-ipv6", false), where);
  values.ipam_mode = set(cluster.setting("ipam", "cluster-pool"), where);
  values.routing_mode = set(cluster.setting("routing-mode", "tunnel"), where);
  values.tunnel_protocol = set(cluster.setting("tunnel-protocol", "vxlan"), where);
  values.kube_proxy_replacement = set(cluster.setting("kube-proxy-replacement", "false"), where);
  values.chaining_mode = set(cluster.setting("cni-chaining-mode", "none"), where);
  values.encryption = set(encryption_of(cluster), where);
  values.use_apiserver = set(cluster.apiserver.exists, where);
  values.connected = set(true, where);
  values.service_type = set(cluster.apiserver_service.type, where);
  values.node_port = set<long long>(cluster.apiserver_service.node_port, where);
  put(values.cilium, "identityAllocationMode", cluster.setting("identity-allocation-mode", "crd"), where);
  if (const std::string port = cluster.setting("tunnel-port", "0"); port != "0") {
    put(values.cilium, "tunnelPort", port, where);
    values.cilium.entries.back().value.kind = HelmValue::Kind::number;
  }
  put(values.cilium, "disableEndpointCRD", cluster.setting("disable-endpoint-crd", "false"), where);
  HelmValue extra;
  put(extra, "allow-unsafe-policy-skb-usage", cluster.setting("allow-unsafe-policy-skb-usage"), where);
  values.cilium.entries.push_back({"extraConfig", where, std::move(extra)});
  return values;
}

void add_pods(const LiveCluster& cluster, mesh::Cluster& to) {
  const std::vector<IpPrefix> pools = pools_of(cluster);
  const bool uses_pools = cluster.setting("ipam", "cluster-pool") == "cluster-pool";
  if (uses_pools) {
    for (const IpPrefix& pool : pools)
      to.pod_cidrs.push_back({pool, {"the list of " + cluster.name(), 0, 0}});
  }
  for (const NodeView& node : cluster.nodes) {
    for (const IpPrefix& pods : node.cilium_pods.empty() ? node.pods : node.cilium_pods) {
      const bool known =
          uses_pools && std::ranges::any_of(pools, [&](const IpPrefix& pool) { return pool.contains(pods); });
      if (!known) to.pod_cidrs.push_back({pods, {"Node " + node.name, 0, 0}});
    }
  }
}

}  // namespace

std::vector<IpPrefix> pools_of(const LiveCluster& cluster) {
  std::vector<IpPrefix> pools;
  for (const char* key : {"cluster-pool-ipv4-cidr", "cluster-pool-ipv6-cidr"}) {
    std::string text = cluster.setting(key);
    std::ranges::replace(text, ',', ' ');
    while (!text.empty()) {
      const std::string word = text.substr(0, text.find(' '));
      text.erase(0, word.size() + 1);
      if (const auto prefix = parse_prefix(word)) pools.push_back(*prefix);
    }
  }
  return pools;
}

mesh::values::MeshValues as_values(const std::vector<LiveCluster>& clusters) {
  mesh::values::MeshValues values;
  for (const LiveCluster& cluster : clusters) {
    if (cluster.config.empty()) continue;
    values.clusters.push_back(values_of(cluster));
    const auto version = mesh::parse_version(cluster.cilium);
    // Rules that newer versions do without hold as long as one cluster is older.
    if (version) values.minor = std::min(values.minor.value_or(version->minor), version->minor);
  }
  return values;
}

mesh::Mesh as_networks(const std::vector<LiveCluster>& clusters, bool with_native) {
  mesh::Mesh mesh;
  for (const LiveCluster& cluster : clusters) {
    if (cluster.config.empty()) continue;
    mesh::Cluster one;
    one.name = cluster.name();
    add_pods(cluster, one);
    for (const NodeView& node : cluster.nodes) {
      for (const IpAddress& address : node.addresses)
        one.nodes.push_back({address, {"Node " + node.name, 0, 0}});
    }
    const std::string ipam = cluster.setting("ipam", "cluster-pool");
    if (ipam == "eni") one.datapath.ipam = mesh::Ipam::eni;
    if (ipam == "azure") one.datapath.ipam = mesh::Ipam::azure;
    if (ipam == "alibabacloud") one.datapath.ipam = mesh::Ipam::alibabacloud;
    if (ipam == "delegated-plugin") one.datapath.ipam = mesh::Ipam::delegated_plugin;
    if (with_native && cluster.setting("routing-mode", "tunnel") == "native") {
      one.datapath.routing_mode = mesh::RoutingMode::native;
      const Location where{cluster.name(), static_cast<int>(mesh.clusters.size()) + 1, 0};
      if (const auto v4 = parse_prefix(cluster.setting("ipv4-native-routing-cidr"))) {
        one.datapath.native_ipv4 = mesh::LocatedPrefix{*v4, where};
      }
      if (const auto v6 = parse_prefix(cluster.setting("ipv6-native-routing-cidr"))) {
        one.datapath.native_ipv6 = mesh::LocatedPrefix{*v6, where};
      }
    }
    mesh.clusters.push_back(std::move(one));
  }
  return mesh;
}

}  // namespace meshdrill::status
