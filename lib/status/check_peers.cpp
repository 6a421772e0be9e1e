#include "base/text.hpp"
#include "status/checks.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

// What leads to the peers themselves: kvstoremesh's list where there is one.
const std::vector<PeerEntry>& outward(const LiveCluster& cluster) {
  return cluster.has_remote_peers_secret ? cluster.remote_peers : cluster.peers;
}

bool lists(const std::vector<PeerEntry>& peers, const std::string& name) {
  return std::ranges::any_of(peers, [&](const PeerEntry& peer) { return peer.name == name; });
}

std::set<std::string> addresses_of(const LiveCluster& cluster, const PeerEntry& peer) {
  const auto aliases = cluster.host_aliases.find(peer.host);
  if (aliases == cluster.host_aliases.end()) return {peer.host};
  return {aliases->second.begin(), aliases->second.end()};
}

bool on_nodes(const LiveCluster& cluster, const PeerEntry& peer, const LiveCluster& target) {
  const std::set<std::string> addresses = addresses_of(cluster, peer);
  return std::ranges::any_of(target.nodes, [&](const NodeView& node) {
    return std::ranges::any_of(node.addresses,
                               [&](const IpAddress& one) { return addresses.contains(to_string(one)); });
  });
}

// Whether the entry leads to this cluster's clustermesh-apiserver.
bool leads_to(const LiveCluster& cluster, const PeerEntry& peer, const LiveCluster& target) {
  const std::set<std::string> addresses = addresses_of(cluster, peer);
  const ApiServerService& service = target.apiserver_service;
  const bool balanced =
      std::ranges::any_of(service.addresses, [&](const std::string& one) { return addresses.contains(one); });
  if (balanced) return peer.port == service.port;
  return peer.port != 0 && peer.port == service.node_port && on_nodes(cluster, peer, target);
}

// The cluster that a peer of an unknown name leads to, when that one is not listed under its own name.
const LiveCluster* misnamed(const LiveMesh& mesh, const LiveCluster& cluster, const PeerEntry& peer) {
  for (const LiveCluster& target : mesh.clusters) {
    if (&target == &cluster || lists(outward(cluster), target.name())) continue;
    if (leads_to(cluster, peer, target)) return &target;
  }
  return nullptr;
}

// The clusters that are listed under another name; what they miss has been said with that.
std::set<std::string> check_names(const LiveMesh& mesh, const LiveCluster& cluster, Found& found) {
  std::set<std::string> said;
  for (const PeerEntry& peer : outward(cluster)) {
    if (mesh.named(peer.name) != nullptr) continue;
    if (const LiveCluster* target = misnamed(mesh, cluster, peer)) {
      said.insert(target->name());
      if (found.misnamed(target->name())) continue;
      found.add("peer-name", cluster.name(),
                fmt::format("peer {} leads to the cluster that calls itself {}", peer.name, target->name()),
                fmt::format("Rename it to {} in clustermesh.config.clusters.", target->name()));
    } else {
      found.add("peer-not-looked-at", cluster.name(), fmt::format("peer {} was not read", peer.name),
                "Give its --context as well.");
    }
  }
  return said;
}

void check_endpoints(const LiveCluster& cluster, Found& found) {
  std::set<std::string> said;
  const auto check = [&](const std::vector<PeerEntry>& peers, std::string_view secret) {
    for (const PeerEntry& peer : peers) {
      if (!peer.host.empty() && peer.port >= 1 && peer.port <= 65535) continue;
      if (!said.insert(peer.name).second) continue;
      found.add("peer-endpoint", cluster.name(),
                fmt::format("peer {} has {} in the Secret {}", peer.name,
                            peer.endpoint.empty() ? "no endpoint" : "the endpoint " + peer.endpoint, secret),
                "Give it ips or address, and a port, in clustermesh.config.clusters.");
    }
  };
  check(cluster.remote_peers, "cilium-kvstoremesh");
  check(cluster.peers, "cilium-clustermesh");
}

// A peer that is asked on its nodes must be asked at its nodePort; in front of other addresses there may be
// anything.
void check_ports(const LiveMesh& mesh, const LiveCluster& cluster, Found& found) {
  for (const PeerEntry& peer : outward(cluster)) {
    const LiveCluster* target = mesh.named(peer.name);
    if (target == nullptr || target->apiserver_service.type != "NodePort" || peer.port == 0) continue;
    const int node_port = target->apiserver_service.node_port;
    if (node_port == 0 || peer.port == node_port || !on_nodes(cluster, peer, *target)) continue;
    found.add("peer-endpoint", cluster.name(),
              fmt::format("peer {} is asked at port {} of its nodes, and its nodePort is {}", peer.name,
                          peer.port, node_port),
              "Give the port of the Service clustermesh-apiserver in clustermesh.config.clusters.");
  }
}

void check_lists(const LiveCluster& cluster, Found& found) {
  if (!cluster.has_remote_peers_secret || !cluster.has_peers_secret) return;
  std::vector<std::string> missing;
  for (const PeerEntry& peer : cluster.peers) {
    if (!lists(cluster.remote_peers, peer.name))
      missing.push_back(peer.name + " (not in cilium-kvstoremesh)");
  }
  for (const PeerEntry& peer : cluster.remote_peers) {
    if (!lists(cluster.peers, peer.name)) missing.push_back(peer.name + " (not in cilium-clustermesh)");
  }
  if (missing.empty()) return;
  found.add("peer-lists-differ", cluster.name(), "the two lists of peers differ: " + join_words(missing),
            "helm upgrade renders both from clustermesh.config.clusters.");
}

// Whether `cluster` has the other as a peer in either list; the lists differing is said by itself.
bool has_peer(const LiveCluster& cluster, const std::string& name) {
  return lists(cluster.peers, name) || lists(cluster.remote_peers, name);
}

void check_missing(const LiveMesh& mesh, const LiveCluster& cluster, const std::set<std::string>& said,
                   Found& found) {
  for (const LiveCluster& other : mesh.clusters) {
    if (&other == &cluster || other.config.empty() || said.contains(other.name())) continue;
    if (has_peer(cluster, other.name()) || !has_peer(other, cluster.name())) continue;
    found.add("peer-missing", cluster.name(),
              fmt::format("{} is not among its peers, though {} lists {}", other.name(), other.name(),
                          cluster.name()),
              fmt::format("Add {} to clustermesh.config.clusters of {}.", other.name(), cluster.name()));
  }
}

}  // namespace

void check_peers(const LiveMesh& mesh, Found& found) {
  const std::string secrets = "the peers and certificates (Secrets)";
  for (const LiveCluster& cluster : mesh.clusters) {
    if (!cluster.reachable || cluster.config.empty() || cluster.unreadable(secrets)) continue;
    check_endpoints(cluster, found);
    check_ports(mesh, cluster, found);
    check_lists(cluster, found);
    if (cluster.peers.empty() && cluster.remote_peers.empty()) {
      if (mesh.clusters.size() < 2 || found.misnamed(cluster.name())) continue;
      found.add("no-peers", cluster.name(),
                cluster.has_peers_secret ? "the Secret cilium-clustermesh lists no peer"
                                         : "there is no Secret cilium-clustermesh",
                "Set clustermesh.config.enabled and clustermesh.config.clusters, or run cilium clustermesh "
                "connect.");
      continue;
    }
    const std::set<std::string> said = check_names(mesh, cluster, found);
    check_missing(mesh, cluster, said, found);
  }
}

}  // namespace meshdrill::status
