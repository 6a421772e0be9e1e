// Helm values. What differs between Cilium's minors comes from cilium_version.hpp.
#include "mesh/cilium_version.hpp"
#include "mesh/render.hpp"
#include "mesh/render_parts.hpp"

#include <boost/json.hpp>

namespace meshdrill::mesh {
namespace {

using boost::json::array;
using boost::json::object;

// An umbrella chart takes the values of a chart that it depends on under that chart's key.
object nest(const std::string& key, object values) {
  if (key.empty()) return values;
  object outer;
  outer[key] = std::move(values);
  return outer;
}

object ipam_values(const Mesh& mesh, const Cluster& cluster) {
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
  return {{"mode", "cluster-pool"}, {"operator", std::move(pools)}};
}

// Certificates as `cilium clustermesh enable` sets them up: made from the CA and renewed by a CronJob. Helm's
// own method would renew them only when somebody upgrades.
object tls_values(const Mesh& mesh, const CiliumMinor& minor) {
  object automatic{{"enabled", true}, {"method", "cronJob"}, {"schedule", "0 0 1 */4 *"}};
  object tls;
  object server;
  // The chart's own names cover <cluster>.mesh.cilium.io; another domain must be added in every cluster.
  if (mesh.cilium.domain != "mesh.cilium.io") server["extraDnsNames"] = array{"*." + mesh.cilium.domain};
  if (!server.empty() && minor.sans_under_auto) {
    automatic["server"] = std::move(server);
  } else if (!server.empty()) {
    tls["server"] = std::move(server);
  }
  tls["auto"] = std::move(automatic);
  return tls;
}

object apiserver_values(const Mesh& mesh, const Cluster& cluster, const CiliumMinor& minor) {
  object service;
  if (cluster.apiserver.exposure == ApiServer::Exposure::node_port) {
    service = {{"type", "NodePort"}, {"nodePort", cluster.apiserver.port.value()}};
  } else {
    service = {{"type", "LoadBalancer"}};
  }
  return {{"service", std::move(service)}, {"tls", tls_values(mesh, minor)}};
}

// How others reach `peer`. No tls keys: they are deprecated, and cost 9.7 KB of the Helm release each.
object peer_values(const Cluster& peer, bool with_name) {
  object entry;
  if (with_name) entry["name"] = peer.name;
  entry["port"] = peer.apiserver.port.value();
  if (!peer.apiserver.address.empty()) {
    entry["address"] = peer.apiserver.address;
    return entry;
  }
  array ips;
  for (const LocatedAddress& ip : peer.apiserver.ips) ips.emplace_back(to_string(ip.address));
  entry["ips"] = std::move(ips);
  return entry;
}

}  // namespace

object string_map(const std::map<std::string, std::string>& values) {
  object json;
  for (const auto& [key, value] : values) json[key] = value;
  return json;
}

object enable_values(const Mesh& mesh, const Cluster& cluster) {
  const CiliumMinor& minor = minor_of(mesh.cilium.version);
  // config.enabled from the first phase on, as `cilium clustermesh enable` does: from 1.19 the chart makes
  // the ConfigMap clustermesh-remote-users only with it, and clustermesh-apiserver does not start without.
  object clustermesh{{"useAPIServer", true},
                     {"maxConnectedClusters", mesh.cilium.max_connected_clusters},
                     {"apiserver", apiserver_values(mesh, cluster, minor)},
                     {"config", object{{"enabled", true}, {"domain", mesh.cilium.domain}}}};
  if (needs_endpoint_slice_sync(mesh)) clustermesh["enableEndpointSliceSynchronization"] = true;
  return nest(mesh.cilium.values_key,
              {{"cluster", object{{"name", cluster.name}, {"id", cluster.id.value()}}},
               {"ipv4", object{{"enabled", mesh.addressing.ipv4.has_value()}}},
               {"ipv6", object{{"enabled", mesh.addressing.ipv6.has_value()}}},
               {"ipam", ipam_values(mesh, cluster)},
               {"clustermesh", std::move(clustermesh)}});
}

object connect_values(const Mesh& mesh, const Cluster& cluster) {
  const bool as_map = minor_of(mesh.cilium.version).clusters_as_map;
  object map;
  array list;
  for (const Cluster& peer : mesh.clusters) {
    if (peer.name == cluster.name) continue;
    if (as_map) {
      map[peer.name] = peer_values(peer, false);
    } else {
      list.emplace_back(peer_values(peer, true));
    }
  }
  object config;
  if (as_map) {
    config["clusters"] = std::move(map);
  } else {
    config["clusters"] = std::move(list);
  }
  return nest(mesh.cilium.values_key, {{"clustermesh", object{{"config", std::move(config)}}}});
}

object ingress_values(const Mesh& mesh) {
  const Ingress& ingress = mesh.ingress.value();
  object service{
      {"enabled", true}, {"type", "LoadBalancer"}, {"nodePorts", object{{"http", ""}, {"https", ""}}}};
  if (ingress.port != 80) service["ports"] = object{{"http", ingress.port}};
  object controller{{"service", std::move(service)}};
  if (!ingress.node_selector.empty()) controller["nodeSelector"] = string_map(ingress.node_selector);
  if (ingress.class_name != "nginx") {
    controller["ingressClassResource"] = object{{"name", ingress.class_name}};
  }
  object values{{"controller", std::move(controller)}};
  // In an umbrella chart the dependency has a switch to turn it on.
  if (!ingress.values_key.empty()) values["enabled"] = true;
  return nest(ingress.values_key, std::move(values));
}

}  // namespace meshdrill::mesh
