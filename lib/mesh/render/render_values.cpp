// Helm values of the Cilium chart. What differs between its minors comes from cilium_version.hpp.
#include "mesh/render/render.hpp"
#include "mesh/render/render_parts.hpp"

#include <boost/json.hpp>

namespace meshdrill::mesh {
namespace {

using boost::json::array;
using boost::json::object;

object ipam_values(const Mesh& mesh, const Cluster& cluster) {
  object ipam{{"mode", name_of(cluster.datapath.ipam)}};
  if (cluster.datapath.ipam != Ipam::cluster_pool) return ipam;
  object pools;
  const auto add = [&](Family family, std::string_view list_key, std::string_view mask_key) {
    const auto& pool = mesh.addressing.of(family);
    if (!pool) return;
    array prefixes;
    for (const IpPrefix& prefix : cluster.pods(family)) prefixes.emplace_back(to_string(prefix));
    pools[list_key] = std::move(prefixes);
    pools[mask_key] = pool->node_length;
  };
  // The chart's defaults are the same ranges in every cluster, so a family that is on always gets its own.
  add(Family::ipv4, "clusterPoolIPv4PodCIDRList", "clusterPoolIPv4MaskSize");
  add(Family::ipv6, "clusterPoolIPv6PodCIDRList", "clusterPoolIPv6MaskSize");
  ipam["operator"] = std::move(pools);
  return ipam;
}

// The switches that a cloud's own IPAM needs besides ipam.mode.
void add_cloud_values(const Datapath& datapath, object& values) {
  if (datapath.ipam == Ipam::eni) values["eni"] = object{{"enabled", true}};
  if (datapath.ipam == Ipam::azure) values["azure"] = object{{"enabled", true}};
  if (datapath.ipam == Ipam::alibabacloud) values["alibabacloud"] = object{{"enabled", true}};
  if (!datapath.chaining_mode.empty()) values["cni"] = object{{"chainingMode", datapath.chaining_mode}};
  if (datapath.unsafe_skb) values["extraConfig"] = object{{"allow-unsafe-policy-skb-usage", "true"}};
}

void add_datapath_values(const Mesh& mesh, const Datapath& datapath, object& values) {
  if (datapath.routing_mode) values["routingMode"] = name_of(*datapath.routing_mode);
  if (datapath.tunnel_protocol) values["tunnelProtocol"] = name_of(*datapath.tunnel_protocol);
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto& native = datapath.native(family);
    if (native && mesh.addressing.of(family)) {
      values[std::string{name_of(family)} + "NativeRoutingCIDR"] = to_string(native->prefix);
    }
  }
  if (datapath.kube_proxy_replacement) values["kubeProxyReplacement"] = *datapath.kube_proxy_replacement;
  if (datapath.socket_lb) {
    values["socketLB"] = object{{"enabled", *datapath.socket_lb}, {"hostNamespaceOnly", *datapath.socket_lb}};
  }
  if (datapath.l7_proxy) values["l7Proxy"] = *datapath.l7_proxy;
  if (datapath.encryption == Encryption::none) {
    values["encryption"] = object{{"enabled", false}};
  } else if (datapath.encryption) {
    values["encryption"] = object{{"enabled", true}, {"type", name_of(*datapath.encryption)}};
  }
  add_cloud_values(datapath, values);
}

object apiserver_values(const Mesh& mesh, const Cluster& cluster, const CiliumMinor& minor) {
  object service;
  if (cluster.apiserver.exposure == ApiServer::Exposure::node_port) {
    service = {{"type", "NodePort"}, {"nodePort", cluster.apiserver.port.value()}};
  } else {
    service = {{"type", "LoadBalancer"}};
  }
  return {{"service", std::move(service)}, {"tls", tls_values(mesh, cluster, minor)}};
}

// What decides which remote backends and Pods count.
void add_sharing_values(const Mesh& mesh, const CiliumMinor& minor, object& clustermesh) {
  const Cilium& cilium = mesh.cilium;
  if (needs_endpoint_slice_sync(mesh)) clustermesh["enableEndpointSliceSynchronization"] = true;
  if (needs_mcs_api(mesh)) {
    if (minor.mcs_api_installs) {
      clustermesh["mcsapi"] = object{{"enabled", true}};
    } else {
      clustermesh["enableMCSAPISupport"] = true;
    }
  }
  if (cilium.policy_default_local_cluster && minor.policy_default_local_cluster) {
    clustermesh["policyDefaultLocalCluster"] = *cilium.policy_default_local_cluster;
  }
  if (cilium.default_global_namespace && minor.default_global_namespace) {
    clustermesh["defaultGlobalNamespace"] = *cilium.default_global_namespace;
  }
  if (!cilium.cache_ttl.empty() && minor.cache_ttl) clustermesh["cacheTTL"] = cilium.cache_ttl;
}

}  // namespace

object string_map(const std::map<std::string, std::string>& values) {
  object json;
  for (const auto& [key, value] : values) json[key] = value;
  return json;
}

object nest(const std::string& key, object values) {
  if (key.empty()) return values;
  object outer;
  outer[key] = std::move(values);
  return outer;
}

object enable_values(const Mesh& mesh, const Cluster& cluster) {
  const CiliumMinor& minor = minor_of(cluster.version);
  object values{{"cluster", object{{"name", cluster.name}, {"id", cluster.id.value()}}},
                {"ipv4", object{{"enabled", mesh.addressing.ipv4.has_value()}}},
                {"ipv6", object{{"enabled", mesh.addressing.ipv6.has_value()}}},
                {"ipam", ipam_values(mesh, cluster)}};
  add_datapath_values(mesh, cluster.datapath, values);
  // config.enabled from the first phase on, as `cilium clustermesh enable` does: from 1.19 the chart makes
  // the ConfigMap clustermesh-remote-users only with it, and clustermesh-apiserver does not start without.
  object clustermesh{{"useAPIServer", true},
                     {"maxConnectedClusters", mesh.cilium.max_connected_clusters},
                     {"apiserver", apiserver_values(mesh, cluster, minor)},
                     {"config", object{{"enabled", true}, {"domain", mesh.cilium.domain}}}};
  add_sharing_values(mesh, minor, clustermesh);
  values["clustermesh"] = std::move(clustermesh);
  add_ingress_values(mesh, values);
  return nest(mesh.cilium.values_key, std::move(values));
}

}  // namespace meshdrill::mesh
