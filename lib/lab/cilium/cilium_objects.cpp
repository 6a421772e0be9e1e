#include "lab/cilium/cilium_objects.hpp"

#include "lab/api/object_fields.hpp"
#include "lab/cilium/cilium_config.hpp"
#include "lab/cilium/cilium_secrets.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

Object metadata(std::string_view name, const std::string& kube_namespace, std::string_view app = {}) {
  Object made{{"name", name}, {"namespace", kube_namespace}};
  if (!app.empty()) made["labels"] = Object{{"k8s-app", app}};
  return made;
}

Object labels(std::string_view key, std::string_view value) {
  return Object{{key, value}};
}

Object container(std::string_view name, const std::string& image) {
  return Object{{"name", name}, {"image", image}};
}

std::string image(std::string_view what, const mesh::Cluster& cluster) {
  return fmt::format("quay.io/cilium/{}:v{}", what, cluster.version);
}

Object agent_pod_spec(const mesh::Cluster& cluster) {
  return Object{{"hostNetwork", true},
                {"containers", json::array{container("cilium-agent", image("cilium", cluster))}}};
}

Object agents(const mesh::Mesh& mesh, const mesh::Cluster& cluster) {
  const Object app = labels("k8s-app", agent_label);
  return Object{{"apiVersion", "apps/v1"},
                {"kind", "DaemonSet"},
                {"metadata", metadata("cilium", mesh.cilium.kube_namespace, agent_label)},
                {"spec", Object{{"selector", Object{{"matchLabels", app}}},
                                {"template", Object{{"metadata", Object{{"labels", app}}},
                                                    {"spec", agent_pod_spec(cluster)}}}}}};
}

Object cilium_operator(const mesh::Mesh& mesh, const mesh::Cluster& cluster) {
  return deployment(
      mesh.cilium.kube_namespace, "cilium-operator", labels("io.cilium/app", "operator"),
      Object{{"hostNetwork", true},
             {"containers", json::array{container("cilium-operator", image("operator-generic", cluster))}}});
}

// How kvstoremesh finds the names of its peers: as the chart has it wherever a peer has addresses.
json::array host_aliases(const mesh::Mesh& mesh, const mesh::Cluster& cluster) {
  json::array aliases;
  for (const mesh::Cluster& peer : mesh.clusters) {
    if (peer.name == cluster.name) continue;
    for (const mesh::LocatedAddress& ip : peer.apiserver.ips) {
      aliases.emplace_back(Object{{"ip", to_string(ip.address)},
                                  {"hostnames", json::array{peer.name + "." + mesh.cilium.domain}}});
    }
  }
  return aliases;
}

// Its containers name no ports: the lab carries what goes between clusters itself, so nothing listens.
Object apiserver(const mesh::Mesh& mesh, const mesh::Cluster& cluster) {
  const std::string program = image("clustermesh-apiserver", cluster);
  Object pod{{"hostNetwork", true},  // so that it takes no address of the lab's few
             {"containers", json::array{container("etcd", program), container("apiserver", program),
                                        container("kvstoremesh", program)}}};
  if (json::array aliases = host_aliases(mesh, cluster); !aliases.empty()) {
    pod["hostAliases"] = std::move(aliases);
  }
  return deployment(mesh.cilium.kube_namespace, "clustermesh-apiserver", mesh_apiserver_labels(),
                    std::move(pod));
}

Object apiserver_service(const mesh::Mesh& mesh, const mesh::Cluster& cluster) {
  const bool node_port = cluster.apiserver.exposure == mesh::ApiServer::Exposure::node_port;
  Object port{{"port", 2379}, {"targetPort", 2379}, {"protocol", "TCP"}};
  if (node_port) port["nodePort"] = cluster.apiserver.port.value_or(32379);
  return Object{{"apiVersion", "v1"},
                {"kind", "Service"},
                {"metadata", metadata("clustermesh-apiserver", mesh.cilium.kube_namespace, apiserver_label)},
                {"spec", Object{{"type", node_port ? "NodePort" : "LoadBalancer"},
                                {"selector", labels("k8s-app", apiserver_label)},
                                {"ports", json::array{port}}}}};
}

Object cilium_node(const mesh::Cluster& cluster, const ClusterFacts& facts, std::size_t node) {
  json::array pods;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto prefixes = cluster.pods(family);
    if (prefixes.empty()) continue;
    const int length = std::max(prefixes.front().length, family == Family::ipv4 ? 24 : 120);
    if (const auto share = prefixes.front().subnet(length, node)) pods.emplace_back(to_string(*share));
  }
  const Object address{{"type", "InternalIP"}, {"ip", facts.node_addresses[node]}};
  return Object{
      {"apiVersion", "cilium.io/v2"},
      {"kind", "CiliumNode"},
      {"metadata", Object{{"name", node_name(facts, node)}}},
      {"spec", Object{{"addresses", json::array{address}}, {"ipam", Object{{"podCIDRs", std::move(pods)}}}}}};
}

}  // namespace

std::vector<Object> cilium_objects(const mesh::Mesh& mesh, const mesh::Cluster& cluster,
                                   const ClusterFacts& facts, const CiliumTrust& trust,
                                   bool endpoint_slice_sync) {
  const std::string& kube_namespace = mesh.cilium.kube_namespace;
  std::vector<Object> objects;
  objects.push_back({{"apiVersion", "v1"},
                     {"kind", "ConfigMap"},
                     {"metadata", metadata("cilium-config", kube_namespace)},
                     {"data", cilium_config(mesh, cluster, endpoint_slice_sync)}});
  for (const mesh::TrustMaterial::Secret& secret : trust.secrets) {
    objects.push_back(tls_secret(secret, trust.authority, kube_namespace));
  }
  objects.push_back(peer_secret(peers_secret, mesh, cluster));
  objects.push_back(peer_secret(remote_peers_secret, mesh, cluster));
  objects.push_back(agents(mesh, cluster));
  objects.push_back(cilium_operator(mesh, cluster));
  objects.push_back(apiserver(mesh, cluster));
  objects.push_back(apiserver_service(mesh, cluster));
  for (std::size_t node = 0; node < facts.node_addresses.size(); ++node) {
    objects.push_back(cilium_node(cluster, facts, node));
  }
  return objects;
}

void write_cilium_statuses(ObjectStore& store, const mesh::Mesh& mesh, const mesh::Cluster& cluster) {
  if (cluster.apiserver.exposure != mesh::ApiServer::Exposure::load_balancer) return;
  const std::string& kube_namespace = mesh.cilium.kube_namespace;
  static_cast<void>(store.modify("services", kube_namespace, "clustermesh-apiserver", [&](Object& service) {
    json::array points;
    for (const mesh::LocatedAddress& ip : cluster.apiserver.ips) {
      points.emplace_back(Object{{"ip", to_string(ip.address)}});
    }
    if (!cluster.apiserver.address.empty()) {
      points.emplace_back(Object{{"hostname", cluster.apiserver.address}});
    }
    object_at(service, {"status", "loadBalancer"})["ingress"] = std::move(points);
  }));
}

}  // namespace meshdrill::lab
