#include "base/text.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/values/rules.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

using ByName = std::map<std::string, const ClusterValues*>;

// The first list-or-map minor; before it the schema wants a list.
constexpr int first_map_minor = 19;

void check_form(const MeshValues& mesh, const ClusterValues& cluster, Findings& found) {
  if (!cluster.peers_as_map) return;
  if (mesh.minor && *mesh.minor < first_map_minor) {
    found.error("peers-form", cluster.peers_where,
                fmt::format("clustermesh.config.clusters: the schema of 1.{} refuses a map", *mesh.minor),
                "Write a list of {name, ips, port}.");
  } else if (!mesh.minor) {
    found.note("peers-form", cluster.peers_where,
               "clustermesh.config.clusters: a map needs a chart from 1.19 on");
  }
}

// The chart does not know these entries' keys at all: the schema takes anything.
void check_keys_of(const MeshValues& mesh, const HelmValue& entry, const Location& where, bool map,
                   Findings& found) {
  if (entry.kind != HelmValue::Kind::map) {
    found.error("wrong-type", where,
                "clustermesh.config.clusters: a peer is a map such as {ips: [192.0.2.11], port: "
                "32379}");
    return;
  }
  std::vector<std::string_view> known{"address", "port", "ips", "tls", "enabled"};
  if (!map) known.emplace_back("name");
  for (const HelmValue::Entry& key : entry.entries) {
    if (std::find(known.begin(), known.end(), key.key) == known.end()) {
      const std::string near = closest(key.key, known);
      found.error(
          "unknown-key", key.key_where,
          fmt::format("clustermesh.config.clusters: a peer has no key {}, and Helm drops it without a word",
                      printable(key.key)),
          near.empty() ? std::string{} : fmt::format("Did you mean {}?", near));
    } else if (key.key == "enabled" && mesh.minor && *mesh.minor < first_map_minor) {
      found.error(
          "key-too-new", key.key_where,
          fmt::format(
              "clustermesh.config.clusters: the chart of 1.{} ignores enabled; 1.19 is the first that "
              "knows it",
              *mesh.minor),
          "Leave the peer out.");
    }
  }
}

void check_entries(const MeshValues& mesh, const ClusterValues& cluster, Findings& found) {
  const HelmValue* clusters = cluster.cilium.find("clustermesh.config.clusters");
  if (clusters == nullptr) return;
  for (const HelmValue& item : clusters->items) check_keys_of(mesh, item, item.where, false, found);
  for (const HelmValue::Entry& entry : clusters->entries) {
    check_keys_of(mesh, entry.value, entry.key_where, true, found);
  }
}

void check_endpoint(const Peer& peer, Findings& found) {
  if (!peer.has_endpoint()) {
    found.error("peer-endpoint", peer.where,
                fmt::format("peer {} has neither ips nor address; the chart fails", printable(peer.name)),
                "Give the addresses at which its clustermesh-apiserver is reached.");
    return;
  }
  if (!peer.ips.empty() && !peer.address.value.empty()) {
    found.warning("peer-endpoint", peer.address.where,
                  fmt::format("peer {} has ips and address; the chart takes ips", printable(peer.name)),
                  "Leave one of them out.");
  }
  for (const auto& ip : peer.ips) {
    if (parse_ip(ip.value)) continue;
    found.error("peer-endpoint", ip.where,
                fmt::format("peer {}: \"{}\" is no IP address", printable(peer.name), printable(ip.value)),
                "Use address for a host name.");
  }
  if (!peer.port.written) {
    found.error("peer-port", peer.where,
                fmt::format("peer {} has no port: the chart writes an empty one and no agent connects",
                            printable(peer.name)),
                "Add the NodePort of its clustermesh-apiserver, or 2379 behind a load balancer.");
  } else if (peer.port.value < 1 || peer.port.value > 65535) {
    found.error("peer-port", peer.port.where,
                fmt::format("peer {}: its port is not between 1 and 65535", printable(peer.name)));
  }
}

void check_target(const Peer& peer, const ClusterValues& target, Findings& found) {
  const bool node_port = target.service_type.value == "NodePort" && target.use_apiserver.value;
  const long long port = target.node_port.value;
  // Ports below are no NodePorts: something else stands in between.
  if (!node_port || peer.port.value < 30000 || peer.port.value > 65535 || peer.port.value == port) return;
  found.error("peer-port", peer.port.where,
              fmt::format("peer {}: port {} is not its clustermesh-apiserver's NodePort {} ({})", peer.name,
                          peer.port.value, port, to_string(target.node_port.where)));
}

void check_list(const ClusterValues& cluster, const ByName& clusters, Findings& found) {
  std::vector<std::string_view> names;
  for (const auto& [name, values] : clusters) names.emplace_back(name);
  std::set<std::string> seen;
  for (const Peer& peer : cluster.peers) {
    if (peer.name.empty()) {
      found.error("peer-name", peer.where, "this peer has no name; it must be the peer's own cluster.name");
      continue;
    }
    if (!seen.insert(peer.name).second) {
      found.error("duplicate-peer", peer.where,
                  fmt::format("peer {} is listed already", printable(peer.name)));
    }
    if (peer.name == cluster.name.value) {
      found.note(
          "peer-self", peer.where,
          fmt::format("{} lists itself, which Cilium ignores: one list can serve all clusters", peer.name));
      continue;
    }
    if (peer.enabled) check_endpoint(peer, found);
    const auto target = clusters.find(peer.name);
    if (target != clusters.end()) {
      if (peer.enabled) check_target(peer, *target->second, found);
      continue;
    }
    const std::string near = closest(peer.name, names);
    found.error(
        "peer-unknown", peer.where,
        fmt::format("no cluster here is named {}; a peer is found by its own cluster.name only", peer.name),
        near.empty() || near == cluster.name.value ? "Check its values together with these."
                                                   : fmt::format("Did you mean {}?", near));
  }
}

bool lists(const ClusterValues& cluster, const std::string& name) {
  return std::any_of(cluster.peers.begin(), cluster.peers.end(),
                     [&](const Peer& peer) { return peer.enabled && peer.name == name; });
}

void check_symmetry(const ClusterValues& cluster, const ByName& clusters, Findings& found) {
  for (const Peer& peer : cluster.peers) {
    const auto target = clusters.find(peer.name);
    if (!peer.enabled || target == clusters.end() || target->second == &cluster) continue;
    if (lists(*target->second, cluster.name.value)) continue;
    found.warning(
        "peer-one-way", peer.where,
        fmt::format("{} has {} as a peer, but not the other way round: {} will not see what {} shares",
                    cluster.label(), peer.name, peer.name, cluster.label()),
        fmt::format("Add {} to clustermesh.config.clusters of {} ({}).", cluster.label(), peer.name,
                    target->second->whole.file));
  }
}

void check_switches(const MeshValues& mesh, const ClusterValues& cluster, Findings& found) {
  if (!cluster.peers.empty() && !cluster.connected.value) {
    found.warning("peers-off", cluster.peers_where,
                  "clustermesh.config.enabled is not true, so none of these peers is connected",
                  "Set it when all peers' clustermesh-apiservers are up.");
  }
  if (!cluster.peers.empty() && !cluster.use_apiserver.value) {
    found.warning(
        "apiserver-off", cluster.peers_where,
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
    check_entries(mesh, cluster, found);
    check_list(cluster, clusters, found);
    check_symmetry(cluster, clusters, found);
    check_switches(mesh, cluster, found);
  }
  check_node_ports(mesh, found);
}

}  // namespace meshdrill::mesh::values
