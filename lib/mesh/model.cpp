#include "mesh/model.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::mesh {

std::vector<IpPrefix> Cluster::pods(Family family) const {
  std::vector<IpPrefix> prefixes;
  for (const LocatedPrefix& pod : pod_cidrs) {
    if (pod.prefix.family() == family) prefixes.push_back(pod.prefix);
  }
  return prefixes;
}

std::string_view name_of(RoutingMode mode) {
  return mode == RoutingMode::tunnel ? "tunnel" : "native";
}

std::string_view name_of(TunnelProtocol protocol) {
  return protocol == TunnelProtocol::vxlan ? "vxlan" : "geneve";
}

std::string_view name_of(Encryption encryption) {
  switch (encryption) {
    case Encryption::wireguard:
      return "wireguard";
    case Encryption::ipsec:
      return "ipsec";
    case Encryption::none:
      break;
  }
  return "none";
}

std::string_view name_of(Ipam ipam) {
  switch (ipam) {
    case Ipam::kubernetes:
      return "kubernetes";
    case Ipam::eni:
      return "eni";
    case Ipam::azure:
      return "azure";
    case Ipam::alibabacloud:
      return "alibabacloud";
    case Ipam::delegated_plugin:
      return "delegated-plugin";
    case Ipam::cluster_pool:
      break;
  }
  return "cluster-pool";
}

std::string_view name_of(Family family) {
  return family == Family::ipv4 ? "ipv4" : "ipv6";
}

bool has_family(const std::vector<LocatedPrefix>& prefixes, Family family) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const LocatedPrefix& item) { return item.prefix.family() == family; });
}

void add_pods(Cluster& cluster, const IpPrefix& prefix) {
  const auto later =
      std::find_if(cluster.pod_cidrs.begin(), cluster.pod_cidrs.end(),
                   [&](const LocatedPrefix& item) { return item.prefix.family() > prefix.family(); });
  cluster.pod_cidrs.insert(later, {prefix, cluster.where});
}

bool shares_node_networks(const Datapath& datapath) {
  return (datapath.ipam != Ipam::cluster_pool && datapath.ipam != Ipam::kubernetes) ||
         datapath.chaining_mode == "aws-cni";
}

bool issues_certificates(const Trust& trust) {
  return trust.mode == Trust::Mode::shared_ca && trust.issuer == Trust::Issuer::meshdrill;
}

GlobalService GlobalService::in_cluster(const std::string& cluster) const {
  GlobalService here = *this;
  if (const auto found = overrides.find(cluster); found != overrides.end()) {
    here.shared = found->second.shared.value_or(shared);
    here.affinity = found->second.affinity.value_or(affinity);
    here.replicas = found->second.replicas.value_or(replicas);
  }
  here.overrides.clear();
  return here;
}

std::string qualified_name(const GlobalService& service) {
  return fmt::format("{}/{}", service.kube_namespace, service.name);
}

const GlobalService* ingress_backend(const Mesh& mesh) {
  if (!mesh.ingress || mesh.services.empty()) return nullptr;
  const std::string& wanted = mesh.ingress->service;
  if (wanted.empty()) return &mesh.services.front();
  const auto found =
      std::find_if(mesh.services.begin(), mesh.services.end(), [&](const GlobalService& service) {
        return service.name == wanted || qualified_name(service) == wanted;
      });
  return found == mesh.services.end() ? nullptr : &*found;
}

std::string url(const Mesh& mesh) {
  if (!mesh.ingress) return {};
  const Ingress& ingress = *mesh.ingress;
  const bool tls = !ingress.tls_secret.empty();
  const std::string port =
      ingress.port == (tls ? 443 : 80) ? std::string{} : fmt::format(":{}", ingress.port);
  return fmt::format("{}://{}{}{}", tls ? "https" : "http", ingress.host, port, ingress.path);
}

bool connectable(const Mesh& mesh) {
  return std::all_of(mesh.clusters.begin(), mesh.clusters.end(),
                     [](const Cluster& cluster) { return cluster.apiserver.reachable(); });
}

bool needs_endpoint_slice_sync(const Mesh& mesh) {
  return std::any_of(mesh.services.begin(), mesh.services.end(), [](const GlobalService& service) {
    return service.sync_endpoint_slices || service.headless;
  });
}

bool needs_mcs_api(const Mesh& mesh) {
  return std::any_of(mesh.services.begin(), mesh.services.end(), [](const GlobalService& service) {
    return service.exported_by == GlobalService::Export::mcs;
  });
}

}  // namespace meshdrill::mesh
