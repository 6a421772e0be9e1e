#include "base/text.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/values/rules.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

using ByName = std::unordered_map<std::string_view, const ClusterValues*>;

void check_form(const MeshValues& mesh, const ClusterValues& cluster, Findings& found) {
  if (!cluster.peers.as_map) return;
  if (mesh.minor && *mesh.minor < first_map_minor) {
    found.error("peers-form", cluster.peers.where,
                fmt::format("clustermesh.config.clusters: the schema of 1.{} refuses a map", *mesh.minor),
                "Write a list of {name, ips, port}.");
  } else if (!mesh.minor) {
    found.note("peers-form", cluster.peers.where,
               fmt::format("clustermesh.config.clusters: a map needs a chart from 1.{} on", first_map_minor));
  }
}

void check_endpoint(const PeerList& list, const Peer& peer, Findings& found) {
  if (peer.unread) return;
  if (!peer.has_endpoint()) {
    found.error("peer-endpoint", list.at(peer.where),
                fmt::format("peer {} has neither ips nor address; the chart fails", printable(peer.name)),
                "Give the addresses at which its clustermesh-apiserver is reached.");
    return;
  }
  if (!peer.ips.empty() && !peer.address.value.empty()) {
    found.warning("peer-endpoint", list.at(peer.address.where),
                  fmt::format("peer {} has ips and address; the chart takes ips", printable(peer.name)),
                  "Leave one of them out.");
  }
  for (const Peer::Text& ip : peer.ips) {
    if (parse_ip(ip.value)) continue;
    found.error("peer-endpoint", list.at(ip.where),
                fmt::format("peer {}: \"{}\" is no IP address", printable(peer.name), printable(ip.value)),
                "Use address for a host name.");
  }
  if (peer.port_where.line == 0) {
    found.error("peer-port", list.at(peer.where),
                fmt::format("peer {} has no port: the chart writes an empty one and no agent connects",
                            printable(peer.name)),
                "Add the NodePort of its clustermesh-apiserver, or 2379 behind a load balancer.");
  }
}

void check_target(const PeerList& list, const Peer& peer, const ClusterValues& target, Findings& found) {
  const bool node_port = target.service_type.value == "NodePort" && target.use_apiserver.value;
  const long long port = target.node_port.value;
  // Ports below are no NodePorts: something else stands in between.
  if (!node_port || peer.port < 30000 || peer.port == port) return;
  found.error("peer-port", list.at(peer.port_where),
              fmt::format("peer {}: port {} is not its clustermesh-apiserver's NodePort {} ({})", peer.name,
                          peer.port, port, to_string(target.node_port.where)));
}

void check_list(const ClusterValues& cluster, const ByName& clusters, Findings& found) {
  const PeerList& list = cluster.peers;
  std::unordered_set<std::string_view> seen;
  seen.reserve(list.peers.size());
  for (const Peer& peer : list.peers) {
    if (peer.name.empty()) {
      found.error("peer-name", list.at(peer.where),
                  "this peer has no name; it must be the peer's own cluster.name");
      continue;
    }
    if (!seen.insert(peer.name).second) {
      found.error("duplicate-peer", list.at(peer.where),
                  fmt::format("peer {} is listed already", printable(peer.name)));
    }
    if (peer.name == cluster.name.value) {
      found.note(
          "peer-self", list.at(peer.where),
          fmt::format("{} lists itself, which Cilium ignores: one list can serve all clusters", peer.name));
      continue;
    }
    if (peer.enabled) check_endpoint(list, peer, found);
    const auto target = clusters.find(peer.name);
    if (target != clusters.end()) {
      if (peer.enabled) check_target(list, peer, *target->second, found);
      continue;
    }
    std::vector<std::string_view> names;
    for (const auto& [name, values] : clusters) names.push_back(name);
    std::sort(names.begin(), names.end());
    const std::string near = closest(peer.name, names);
    found.error("peer-unknown", list.at(peer.where),
                fmt::format("no cluster here is named {}; a peer is found by its own cluster.name only",
                            printable(peer.name)),
                near.empty() || near == cluster.name.value ? "Check its values together with these."
                                                           : fmt::format("Did you mean {}?", near));
  }
}

void check_symmetry(const MeshValues& mesh, const ClusterValues& cluster, const ByName& clusters,
                    Findings& found) {
  std::unordered_set<const ClusterValues*> listing;  // those that have `cluster` as a peer
  for (const PeerIndex::Entry& entry : mesh.peers.of(cluster.name.value)) {
    if (entry.peer->enabled) listing.insert(entry.cluster);
  }
  for (const Peer& peer : cluster.peers.peers) {
    const auto target = clusters.find(peer.name);
    if (!peer.enabled || target == clusters.end() || target->second == &cluster) continue;
    if (listing.contains(target->second) || target->second->peers.nameless) continue;
    found.warning(
        "peer-one-way", cluster.peers.at(peer.where),
        fmt::format("{} has {} as a peer, but not the other way round: {} will not see what {} shares",
                    cluster.label(), peer.name, peer.name, cluster.label()),
        fmt::format("Add {} to clustermesh.config.clusters of {} ({}).", cluster.label(), peer.name,
                    target->second->whole.file.str()));
  }
}

void check_switches(const MeshValues& mesh, const ClusterValues& cluster, Findings& found) {
  if (!cluster.peers.peers.empty() && !cluster.connected.value) {
    found.warning("peers-off", cluster.peers.where,
                  "clustermesh.config.enabled is not true, so none of these peers is connected",
                  "Set it when all peers' clustermesh-apiservers are up.");
  }
  if (!cluster.peers.peers.empty() && !cluster.use_apiserver.value) {
    found.warning(
        "apiserver-off", cluster.peers.where,
        "clustermesh.useAPIServer is not true: this cluster's own Services and Pods stay unseen by its peers",
        "Set it, unless this cluster has an external etcd.");
  }
  const bool needs_users = !mesh.minor || *mesh.minor >= 19;
  if (cluster.use_apiserver.value && !cluster.connected.value && needs_users &&
      cluster.auth_mode.value != "legacy") {
    found.warning("remote-users", cluster.use_apiserver.where,
                  "from 1.19 on, useAPIServer without config.enabled leaves out the ConfigMap "
                  "clustermesh-remote-users, "
                  "and clustermesh-apiserver does not start",
                  "Set clustermesh.apiserver.tls.authMode: legacy for this first phase, or enable both.");
  }
}

// Agents before 1.19 with kube-proxy replacement may be led back to their own clustermesh-apiserver.
void check_node_ports(const MeshValues& mesh, Findings& found) {
  if (mesh.minor && *mesh.minor >= 19) return;
  std::map<long long, const ClusterValues*> ports;
  for (const ClusterValues& cluster : mesh.clusters) {
    const bool replaced =
        cluster.kube_proxy_replacement.value == "true" || cluster.kube_proxy_replacement.value == "strict";
    if (!cluster.use_apiserver.value || cluster.service_type.value != "NodePort" || !replaced) continue;
    const auto [first, fresh] = ports.emplace(cluster.node_port.value, &cluster);
    if (fresh) continue;
    found.warning(
        "node-port-clash", cluster.node_port.where,
        fmt::format("clustermesh-apiserver has NodePort {} here and in {}: before Cilium 1.19, with "
                    "kubeProxyReplacement, agents may reach their own one instead (cilium/cilium#24692)",
                    cluster.node_port.value, first->second->label()),
        "Set clustermesh.apiserver.service.nodePort to another port in each cluster, and the peers' port "
        "with "
        "it.");
  }
}

}  // namespace

void check_peers(const MeshValues& mesh, Findings& found) {
  ByName clusters;
  for (const ClusterValues& cluster : mesh.clusters) {
    if (cluster.name.written) clusters.emplace(cluster.name.value, &cluster);
  }
  for (const ClusterValues& cluster : mesh.clusters) {
    check_form(mesh, cluster, found);
    check_list(cluster, clusters, found);
    check_symmetry(mesh, cluster, clusters, found);
    check_switches(mesh, cluster, found);
  }
  check_node_ports(mesh, found);
}

}  // namespace meshdrill::mesh::values
