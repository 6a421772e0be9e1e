#include "lab/mesh_file.hpp"

#include "base/yaml_writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

// Keys whose value is empty are left out: a mesh file has no empty values.
void put(json::object& object, std::string_view key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

void put(json::object& object, std::string_view key, const std::map<std::string, std::string>& map) {
  if (map.empty()) return;
  json::object values;
  for (const auto& [name, value] : map) values[name] = value;
  object[key] = std::move(values);
}

void put(json::object& object, std::string_view key, const std::vector<mesh::LocatedPrefix>& prefixes) {
  if (prefixes.empty()) return;
  json::array values;
  for (const mesh::LocatedPrefix& prefix : prefixes) values.emplace_back(to_string(prefix.prefix));
  object[key] = std::move(values);
}

void put(json::object& object, std::string_view key, const std::vector<mesh::LocatedAddress>& addresses) {
  if (addresses.empty()) return;
  json::array values;
  for (const mesh::LocatedAddress& address : addresses) values.emplace_back(to_string(address.address));
  object[key] = std::move(values);
}

json::object cilium_section(const mesh::Cilium& cilium) {
  json::object section{{"version", cilium.version}};
  put(section, "release", cilium.release);
  put(section, "namespace", cilium.kube_namespace);
  put(section, "chart", cilium.chart);
  put(section, "valuesKey", cilium.values_key);
  if (!cilium.values_files.empty()) {
    section["valuesFiles"] = json::array(cilium.values_files.begin(), cilium.values_files.end());
  }
  put(section, "domain", cilium.domain);
  section["maxConnectedClusters"] = cilium.max_connected_clusters;
  return section;
}

json::object addressing_section(const mesh::Addressing& addressing) {
  json::object section;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto& pool = addressing.of(family);
    if (!pool) continue;
    json::object values;
    if (pool->pool) {
      values["pool"] = to_string(*pool->pool);
      values["cluster"] = pool->cluster_length;
    }
    values["node"] = pool->node_length;
    section[family == Family::ipv4 ? "ipv4" : "ipv6"] = std::move(values);
  }
  return section;
}

json::object ingress_section(const mesh::Ingress& ingress) {
  json::object section{{"controller", "nginx"}, {"host", ingress.host}, {"port", ingress.port}};
  put(section, "path", ingress.path);
  put(section, "className", ingress.class_name);
  put(section, "nodeSelector", ingress.node_selector);
  put(section, "release", ingress.release);
  put(section, "namespace", ingress.kube_namespace);
  put(section, "chart", ingress.chart);
  put(section, "valuesKey", ingress.values_key);
  put(section, "service", ingress.service);
  return section;
}

json::object apiserver_section(const mesh::ApiServer& apiserver) {
  json::object section;
  if (apiserver.exposure == mesh::ApiServer::Exposure::load_balancer) section["type"] = "LoadBalancer";
  put(section, "ips", apiserver.ips);
  put(section, "address", apiserver.address);
  if (apiserver.port) section["port"] = *apiserver.port;
  return section;
}

// What holds in the cluster, whether the mesh or the cluster itself says so.
json::object own_cilium_section(const mesh::Cluster& cluster) {
  const mesh::Datapath& datapath = cluster.datapath;
  json::object section{{"version", cluster.version}, {"ipam", name_of(datapath.ipam)}};
  if (!cluster.values_files.empty()) {
    section["valuesFiles"] = json::array(cluster.values_files.begin(), cluster.values_files.end());
  }
  if (datapath.kube_proxy_replacement) section["kubeProxyReplacement"] = *datapath.kube_proxy_replacement;
  if (datapath.socket_lb) section["socketLB"] = *datapath.socket_lb;
  if (datapath.l7_proxy) section["l7Proxy"] = *datapath.l7_proxy;
  if (datapath.encryption) section["encryption"] = name_of(*datapath.encryption);
  put(section, "chainingMode", datapath.chaining_mode);
  if (datapath.unsafe_skb) section["allowUnsafePolicySKBUsage"] = true;
  return section;
}

json::object routing_section(const mesh::Datapath& datapath) {
  json::object section;
  if (datapath.routing_mode) section["mode"] = name_of(*datapath.routing_mode);
  if (datapath.tunnel_protocol) section["tunnelProtocol"] = name_of(*datapath.tunnel_protocol);
  if (datapath.native_ipv4) section["ipv4NativeRoutingCIDR"] = to_string(datapath.native_ipv4->prefix);
  if (datapath.native_ipv6) section["ipv6NativeRoutingCIDR"] = to_string(datapath.native_ipv6->prefix);
  return section;
}

json::object cluster_item(const mesh::Cluster& cluster) {
  json::object item{{"name", cluster.name}, {"cilium", own_cilium_section(cluster)}};
  if (json::object section = routing_section(cluster.datapath); !section.empty()) {
    item["routing"] = std::move(section);
  }
  put(item, "context", cluster.context);
  if (cluster.id) item["id"] = *cluster.id;
  put(item, "podCIDRs", cluster.pod_cidrs);
  put(item, "nodeCIDRs", cluster.node_cidrs);
  put(item, "serviceCIDRs", cluster.service_cidrs);
  put(item, "nodes", cluster.nodes);
  if (json::object section = apiserver_section(cluster.apiserver); !section.empty()) {
    item["apiserver"] = std::move(section);
  }
  put(item, "ingress", cluster.ingress);
  return item;
}

json::object service_item(const mesh::GlobalService& service) {
  json::object item{{"name", service.name}, {"namespace", service.kube_namespace}};
  json::array ports;
  for (const mesh::ServicePort& port : service.ports) {
    json::object values;
    put(values, "name", port.name);
    values["port"] = port.port;
    values["targetPort"] = port.target_port;
    put(values, "protocol", port.protocol);
    ports.emplace_back(std::move(values));
  }
  item["ports"] = std::move(ports);
  put(item, "selector", service.selector);
  item["shared"] = service.shared;
  if (service.affinity == mesh::GlobalService::Affinity::local) item["affinity"] = "local";
  if (service.affinity == mesh::GlobalService::Affinity::remote) item["affinity"] = "remote";
  item["syncEndpointSlices"] = service.sync_endpoint_slices;
  item["sample"] = service.sample;
  if (service.sample) {
    item["replicas"] = service.replicas;
    put(item, "image", service.image);
  }
  return item;
}

}  // namespace

std::string write_mesh_file(const mesh::Mesh& mesh) {
  json::object file{
      {"apiVersion", "meshdrill/v1"}, {"kind", "Mesh"}, {"metadata", json::object{{"name", mesh.name}}}};
  file["cilium"] = cilium_section(mesh.cilium);
  file["addressing"] = addressing_section(mesh.addressing);
  if (!mesh.networks.empty()) {
    json::array& networks = file["networks"].emplace_array();
    for (const mesh::NamedNetwork& network : mesh.networks) {
      networks.emplace_back(json::object{{"name", network.name}, {"cidr", to_string(network.prefix)}});
    }
  }
  if (mesh.ingress) file["ingress"] = ingress_section(*mesh.ingress);
  json::array& clusters = file["clusters"].emplace_array();
  for (const mesh::Cluster& cluster : mesh.clusters) clusters.emplace_back(cluster_item(cluster));
  if (!mesh.services.empty()) {
    json::array& services = file["services"].emplace_array();
    for (const mesh::GlobalService& service : mesh.services) services.emplace_back(service_item(service));
  }
  return to_yaml(file);
}

}  // namespace meshdrill::lab
