#include "status/describe.hpp"

#include "mesh/cilium_version.hpp"
#include "mesh/names.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

std::string setting(const ClusterFacts& facts, const std::string& key) {
  const auto found = facts.config.find(key);
  return found == facts.config.end() ? std::string{} : found->second;
}

std::optional<int> number(const std::string& text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (text.empty() || status != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// "10.1.0.0/16 10.2.0.0/16": the ConfigMap has lists with blanks, older ones with commas.
std::vector<IpPrefix> prefixes(const std::string& text) {
  std::vector<IpPrefix> list;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" ,", start), text.size());
    if (const auto prefix = parse_prefix(std::string_view{text}.substr(start, end - start)))
      list.push_back(*prefix);
    start = end + 1;
  }
  return list;
}

bool enabled(const ClusterFacts& facts, Family family) {
  const std::string text = setting(facts, family == Family::ipv4 ? "enable-ipv4" : "enable-ipv6");
  return text.empty() ? family == Family::ipv4 : text == "true";
}

// Halves of the same prefix become that prefix, so that the nodes' shares show as few ranges.
std::vector<IpPrefix> joined(std::vector<IpPrefix> list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  std::vector<IpPrefix> whole;
  for (IpPrefix next : list) {
    while (!whole.empty() && whole.back().length == next.length && next.length > 0) {
      const uint128 half = uint128{1} << (width(next.family()) - next.length);
      const IpPrefix before = whole.back();
      const bool pair = before.family() == next.family() && (before.base.value & half) == 0 &&
                        before.base.value + half == next.base.value;
      if (!pair) break;
      whole.pop_back();
      next = {before.base, next.length - 1};
    }
    whole.push_back(next);
  }
  return whole;
}

std::vector<IpPrefix> pods_of(const ClusterFacts& facts, std::vector<std::string>& remarks) {
  const std::string ipam = setting(facts, "ipam");
  std::vector<IpPrefix> pods;
  if (ipam.empty() || ipam.starts_with("cluster-pool")) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      if (!enabled(facts, family)) continue;
      const auto list = prefixes(
          setting(facts, family == Family::ipv4 ? "cluster-pool-ipv4-cidr" : "cluster-pool-ipv6-cidr"));
      pods.insert(pods.end(), list.begin(), list.end());
    }
  }
  if (!pods.empty() || facts.node_pods.empty()) return pods;
  remarks.push_back(
      fmt::format("Pod CIDRs: what the nodes have today (IPAM {}); give the whole range if you know it.",
                  ipam.empty() ? "unknown" : ipam));
  return joined(facts.node_pods);
}

mesh::InitialRouting routing_of(const ClusterFacts& facts) {
  mesh::InitialRouting routing;
  if (facts.config.empty()) return routing;
  routing.mode = setting(facts, "routing-mode");
  routing.tunnel_protocol = setting(facts, "tunnel-protocol");
  for (const char* key : {"ipv4-native-routing-cidr", "ipv6-native-routing-cidr"}) {
    const auto native = prefixes(setting(facts, key));
    routing.native.insert(routing.native.end(), native.begin(), native.end());
  }
  const bool ipsec = setting(facts, "enable-ipsec") == "true";
  routing.encryption = setting(facts, "enable-wireguard") == "true" ? "wireguard" : ipsec ? "ipsec" : "none";
  routing.ipam = setting(facts, "ipam");
  const std::string replacement = setting(facts, "kube-proxy-replacement");
  if (!replacement.empty()) routing.kube_proxy_replacement = replacement == "true" || replacement == "strict";
  return routing;
}

// A cluster that is in no mesh yet has no name; the context's is made to fit.
std::string name_of(const ClusterFacts& facts, std::vector<std::string>& remarks) {
  const std::string name = setting(facts, "cluster-name");
  if (!name.empty() && !mesh::wrong_cluster_name(name)) return name;
  std::string made;
  for (const char c : facts.context) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (fits || !made.empty()) made += fits ? lower : '-';
    if (made.size() == 32) break;
  }
  while (made.ends_with('-')) made.pop_back();
  remarks.push_back(name.empty()
                        ? "The name is made from the context: Cilium's own was not read."
                        : fmt::format("The name is made from the context: Cilium's is \"{}\".", name));
  return made.empty() ? "cluster" : made;
}

mesh::InitialCluster cluster_of(const ClusterFacts& facts) {
  mesh::InitialCluster cluster;
  cluster.context = facts.context;
  cluster.name = name_of(facts, cluster.remarks);
  const auto id = number(setting(facts, "cluster-id"));
  if (id && *id != 0) {
    cluster.id = id;
  } else if (!facts.config.empty()) {
    cluster.remarks.emplace_back(
        "Cilium's ID is 0, which is in no mesh: a new one is allocated, and needs a restart.");
  }
  cluster.pods = pods_of(facts, cluster.remarks);
  cluster.nodes = facts.nodes;
  cluster.apiserver = facts.apiserver;
  cluster.ingress = facts.ingress;
  cluster.version = facts.version;
  cluster.routing = routing_of(facts);
  for (const Unread& unread : facts.unread) cluster.remarks.push_back("Not read: " + unread.what + ".");
  return cluster;
}

// What the mesh has need not stand in each cluster again.
void make_own(const mesh::InitialMesh& mesh, mesh::InitialCluster& cluster) {
  if (cluster.version == mesh.version) cluster.version.clear();
  if (cluster.routing == mesh.routing || cluster.routing == mesh::InitialRouting{}) cluster.routing.reset();
}

std::optional<mesh::InitialPool> pool_of(const std::vector<ClusterFacts>& clusters, Family family) {
  const bool v4 = family == Family::ipv4;
  const auto has =
      std::find_if(clusters.begin(), clusters.end(), [&](const auto& one) { return enabled(one, family); });
  if (has == clusters.end()) return std::nullopt;
  mesh::InitialPool pool;
  const auto node = number(setting(*has, v4 ? "cluster-pool-ipv4-mask-size" : "cluster-pool-ipv6-mask-size"));
  pool.node = node.value_or(v4 ? 24 : 120);
  return pool;
}

void add_services(const ClusterFacts& facts, mesh::InitialMesh& mesh) {
  for (const mesh::InitialService& service : facts.services) {
    const bool known = std::any_of(mesh.services.begin(), mesh.services.end(), [&](const auto& one) {
      return one.name == service.name && one.kube_namespace == service.kube_namespace;
    });
    if (!known) mesh.services.push_back(service);
  }
  if (!mesh.host.empty() || facts.ingress_host.empty()) return;
  mesh.host = facts.ingress_host;
  mesh.service = facts.ingress_service;
  mesh.ingress_class = facts.ingress_class;
}

}  // namespace

mesh::InitialMesh describe(const std::vector<ClusterFacts>& clusters, std::string name) {
  mesh::InitialMesh mesh;
  mesh.name = std::move(name);
  mesh.source = "Read from live clusters. What stands here is what they are, right or wrong.";
  for (const ClusterFacts& facts : clusters) {
    mesh.clusters.push_back(cluster_of(facts));
    if (mesh.version.empty()) mesh.version = facts.version;
    if (mesh.routing == mesh::InitialRouting{}) mesh.routing = *mesh.clusters.back().routing;
    if (number(setting(facts, "max-connected-clusters")) == 511) mesh.max_connected_clusters = 511;
    add_services(facts, mesh);
  }
  if (mesh.version.empty()) mesh.version = fmt::format("1.{}.0", mesh::newest_minor);
  for (mesh::InitialCluster& cluster : mesh.clusters) make_own(mesh, cluster);
  mesh.ipv4 = pool_of(clusters, Family::ipv4);
  mesh.ipv6 = pool_of(clusters, Family::ipv6);
  return mesh;
}

}  // namespace meshdrill::status
