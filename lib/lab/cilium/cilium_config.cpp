#include "lab/cilium/cilium_config.hpp"

#include <string>
#include <string_view>

namespace meshdrill::lab {
namespace {

std::string_view truth(bool value) {
  return value ? "true" : "false";
}

// Lists stand in the ConfigMap as words with blanks between them.
void put_pool(Object& data, const mesh::Mesh& mesh, const mesh::Cluster& cluster, Family family) {
  const std::string name = family == Family::ipv4 ? "ipv4" : "ipv6";
  const auto prefixes = cluster.pods(family);
  data["enable-" + name] = truth(!prefixes.empty());
  if (prefixes.empty() || cluster.datapath.ipam != mesh::Ipam::cluster_pool) return;
  std::string list;
  for (const IpPrefix& prefix : prefixes) list += (list.empty() ? "" : " ") + to_string(prefix);
  data["cluster-pool-" + name + "-cidr"] = list;
  const auto& pool = mesh.addressing.of(family);
  const int fallback = family == Family::ipv4 ? 24 : 120;
  const int node = pool && pool->node_length != 0 ? pool->node_length : fallback;
  data["cluster-pool-" + name + "-mask-size"] = std::to_string(node);
}

}  // namespace

Object cilium_config(const mesh::Mesh& mesh, const mesh::Cluster& cluster, bool endpoint_slice_sync) {
  const mesh::Datapath& datapath = cluster.datapath;
  Object data{
      {"cluster-name", cluster.name},
      {"cluster-id", std::to_string(cluster.id.value_or(0))},
      {"max-connected-clusters", std::to_string(mesh.cilium.max_connected_clusters)},
      {"identity-allocation-mode", "crd"},
      {"ipam", mesh::name_of(datapath.ipam)},
      {"routing-mode", mesh::name_of(datapath.routing_mode.value_or(mesh::RoutingMode::tunnel))},
      {"tunnel-protocol", mesh::name_of(datapath.tunnel_protocol.value_or(mesh::TunnelProtocol::vxlan))},
      {"kube-proxy-replacement", truth(datapath.kube_proxy_replacement.value_or(true))},
      {"enable-l7-proxy", truth(datapath.l7_proxy.value_or(true))},
      {"enable-ipv4-masquerade", "true"},
      {"enable-bpf-masquerade", "false"},
      {"clustermesh-enable-endpoint-sync", truth(endpoint_slice_sync)},
      {"clustermesh-enable-mcs-api", truth(mesh::needs_mcs_api(mesh))}};
  const mesh::Encryption encryption = datapath.encryption.value_or(mesh::Encryption::none);
  if (encryption == mesh::Encryption::wireguard) data["enable-wireguard"] = "true";
  if (encryption == mesh::Encryption::ipsec) data["enable-ipsec"] = "true";
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    put_pool(data, mesh, cluster, family);
    if (const auto& native = datapath.native(family)) {
      data[family == Family::ipv4 ? "ipv4-native-routing-cidr" : "ipv6-native-routing-cidr"] =
          to_string(native->prefix);
    }
  }
  return data;
}

}  // namespace meshdrill::lab
