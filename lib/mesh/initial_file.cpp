#include "mesh/initial_file.hpp"

#include "base/text.hpp"
#include "base/yaml_writer.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

namespace json = boost::json;

// A comment in the place where it is added; the key only has to be new.
void comment(json::object& to, std::string_view text) {
  to[fmt::format("#{}", to.size())] = text;
}

template <class Items>
json::array texts(const Items& items) {
  json::array list;
  for (const auto& item : items) list.push_back(json::value(to_string(item)));
  return list;
}

json::object cilium(const InitialMesh& mesh) {
  json::object section;
  comment(section, "The Helm chart, the same everywhere unless a cluster has a cilium.version of its own.");
  section["version"] = mesh.version;
  if (mesh.max_connected_clusters != 255) section["maxConnectedClusters"] = mesh.max_connected_clusters;
  const InitialRouting& routing = mesh.routing;
  if (routing.kube_proxy_replacement) section["kubeProxyReplacement"] = *routing.kube_proxy_replacement;
  if (!routing.encryption.empty() && routing.encryption != "none") section["encryption"] = routing.encryption;
  if (!routing.ipam.empty() && routing.ipam != "cluster-pool") section["ipam"] = routing.ipam;
  return section;
}

json::object routing_section(const InitialRouting& routing) {
  json::object section;
  if (!routing.mode.empty()) section["mode"] = routing.mode;
  if (!routing.tunnel_protocol.empty() && routing.mode != "native")
    section["tunnelProtocol"] = routing.tunnel_protocol;
  for (const IpPrefix& prefix : routing.native) {
    section[prefix.family() == Family::ipv4 ? "ipv4NativeRoutingCIDR" : "ipv6NativeRoutingCIDR"] =
        to_string(prefix);
  }
  return section;
}

json::object pool_section(const InitialPool& pool, std::size_t clusters) {
  json::object section;
  if (pool.pool) {
    comment(section,
            "Every cluster without podCIDRs gets a share of this; keep it clear of all other networks.");
    section["pool"] = to_string(*pool.pool);
    section["cluster"] = pool.cluster != 0 ? pool.cluster : cluster_share(*pool.pool, clusters);
  }
  if (pool.node) {
    comment(section, "What a node gets of its cluster's.");
    section["node"] = *pool.node;
  }
  return section;
}

json::object apiserver_section(const InitialApiServer& apiserver) {
  json::object section;
  if (!apiserver.type.empty()) section["type"] = apiserver.type;
  if (!apiserver.ips.empty()) section["ips"] = texts(apiserver.ips);
  if (!apiserver.address.empty()) section["address"] = apiserver.address;
  if (apiserver.port) section["port"] = *apiserver.port;
  return section;
}

json::object cluster_section(const InitialCluster& cluster) {
  json::object section;
  for (const std::string& remark : cluster.remarks) comment(section, remark);
  section["name"] = cluster.name;
  if (cluster.context != cluster.name) section["context"] = cluster.context;
  if (cluster.id) section["id"] = *cluster.id;
  json::object own;
  if (!cluster.version.empty()) own["version"] = cluster.version;
  if (cluster.routing) {
    if (!cluster.routing->encryption.empty()) own["encryption"] = cluster.routing->encryption;
    if (!cluster.routing->ipam.empty()) own["ipam"] = cluster.routing->ipam;
    if (cluster.routing->kube_proxy_replacement)
      own["kubeProxyReplacement"] = *cluster.routing->kube_proxy_replacement;
    json::object routing = routing_section(*cluster.routing);
    if (!routing.empty()) section["routing"] = std::move(routing);
  }
  if (!own.empty()) section["cilium"] = std::move(own);
  if (!cluster.pods.empty()) section["podCIDRs"] = texts(cluster.pods);
  if (!cluster.nodes.empty()) section["nodes"] = texts(cluster.nodes);
  const json::object apiserver = apiserver_section(cluster.apiserver);
  if (apiserver.contains("ips") || apiserver.contains("address")) {
    section["apiserver"] = apiserver;
  } else {
    comment(
        section,
        "Where its peers reach clustermesh-apiserver; until every cluster has it, generate writes phase 1.");
    comment(section, "apiserver: {ips: [192.0.2.11]}");
    if (!apiserver.empty()) section["apiserver"] = apiserver;
  }
  if (!cluster.ingress.empty()) {
    section["ingress"] = texts(cluster.ingress);
  } else {
    comment(section, "The addresses at which users reach its ingress, for probe and drill.");
    comment(section, "ingress: [198.51.100.10]");
  }
  return section;
}

json::object service_section(const InitialService& service) {
  json::object section{{"name", service.name}, {"namespace", service.kube_namespace}};
  json::array ports;
  for (const InitialPort& port : service.ports) {
    json::object one;
    if (!port.name.empty()) one["name"] = port.name;
    one["port"] = port.port;
    if (port.target_port != 0 && port.target_port != port.port) one["targetPort"] = port.target_port;
    if (port.protocol != "TCP") one["protocol"] = port.protocol;
    ports.push_back(std::move(one));
  }
  section["ports"] = std::move(ports);
  json::object selector;
  for (const auto& [key, value] : service.selector) selector[key] = value;
  if (!selector.empty()) section["selector"] = std::move(selector);
  if (service.shared) section["shared"] = *service.shared;
  if (!service.affinity.empty()) section["affinity"] = service.affinity;
  if (service.sample) {
    comment(section,
            "With a small workload that says which cluster answers; false for a workload of your own.");
  }
  section["sample"] = service.sample;
  return section;
}

json::object ingress_section(const InitialMesh& mesh) {
  json::object section;
  if (mesh.ingress_class == "cilium") section["controller"] = "cilium";
  section["host"] = mesh.host;
  if (!mesh.ingress_class.empty() && mesh.ingress_class != "cilium" && mesh.ingress_class != "nginx") {
    section["className"] = mesh.ingress_class;
  }
  if (!mesh.service.empty()) section["service"] = mesh.service;
  return section;
}

}  // namespace

int cluster_share(const IpPrefix& pool, std::size_t clusters) {
  const int shortest = pool.family() == Family::ipv4 ? 16 : 104;
  // One bit less than a node's share at least, so that a cluster has more than one block.
  const int longest = pool.family() == Family::ipv4 ? 23 : 119;
  int length = std::max(shortest, pool.length);
  while (length < longest && pool.subnet_count(length) < 2 * uint128{clusters}) ++length;
  return pool.subnet_count(length) < clusters ? 0 : length;
}

std::string initial_file(const InitialMesh& mesh) {
  json::object file;
  comment(file, mesh.source);
  comment(file,
          "Check it with: meshdrill check FILE. Write everything to install with: meshdrill generate -f FILE "
          "-o DIR");
  file["apiVersion"] = "meshdrill/v1";
  file["kind"] = "Mesh";
  file["metadata"] = json::object{{"name", mesh.name}};
  file["cilium"] = cilium(mesh);
  if (json::object routing = routing_section(mesh.routing); !routing.empty())
    file["routing"] = std::move(routing);
  json::object addressing;
  if (mesh.ipv4) addressing["ipv4"] = pool_section(*mesh.ipv4, mesh.clusters.size());
  if (mesh.ipv6) addressing["ipv6"] = pool_section(*mesh.ipv6, mesh.clusters.size());
  file["addressing"] = std::move(addressing);
  json::array clusters;
  for (const InitialCluster& cluster : mesh.clusters) clusters.push_back(cluster_section(cluster));
  file["clusters"] = std::move(clusters);
  if (!mesh.services.empty()) {
    json::array services;
    for (const InitialService& service : mesh.services) services.push_back(service_section(service));
    comment(file, "The global Services: the same name in every cluster, their backends merged by Cilium.");
    file["services"] = std::move(services);
  }
  if (!mesh.host.empty()) {
    comment(file, "The way in: one DNS name that has every cluster's ingress address.");
    file["ingress"] = ingress_section(mesh);
  }
  return to_yaml(file);
}

}  // namespace meshdrill::mesh
