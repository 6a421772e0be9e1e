#include "base/text.hpp"
#include "status/as_mesh.hpp"
#include "status/checks.hpp"
#include "status/parse.hpp"
#include "status/reads.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

bool read(const LiveCluster& cluster, ReadId id) {
  return !cluster.unreadable(std::string(read_of(id).what));
}

std::string names_of(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 3;
  if (names.size() <= shown) return join_words(names);
  return fmt::format("{}, {}, {} and {} more", names[0], names[1], names[2], names.size() - shown);
}

void check_agents(const LiveCluster& cluster, Found& found) {
  const Workload& agents = cluster.agents;
  if (!read(cluster, ReadId::agents)) return;
  if (!agents.exists) {
    found.add("agents-not-ready", cluster.name(), "there is no DaemonSet cilium",
              "Is Cilium installed here?");
    return;
  }
  if (agents.up()) return;
  std::vector<std::string> nodes;
  for (const Observer& observer : cluster.observers) {
    if (observer.kind == Observer::Kind::agent && !observer.ready) nodes.push_back(observer.node);
  }
  found.add("agents-not-ready", cluster.name(),
            fmt::format("{} of {} agents are ready{}", agents.ready, agents.wanted,
                        nodes.empty() ? "" : "; not those on " + names_of(nodes)),
            fmt::format("kubectl -n {} get pods -l k8s-app=cilium -o wide shows which, and their logs why.",
                        cluster.kube_namespace));
}

void check_versions(const LiveCluster& cluster, Found& found) {
  std::set<std::string> versions;
  for (const Observer& observer : cluster.observers) {
    if (observer.kind != Observer::Kind::agent) continue;
    if (const std::string version = version_of(observer.image); !version.empty()) versions.insert(version);
  }
  if (versions.size() < 2) return;
  found.add("agent-versions-differ", cluster.name(),
            fmt::format("agents run {}", join_words({versions.begin(), versions.end()})),
            fmt::format("kubectl -n {} rollout status daemonset/cilium shows how far it is.",
                        cluster.kube_namespace));
}

void check_deployment(const LiveCluster& cluster, const Workload& workload, ReadId id, std::string_view rule,
                      std::string_view name, Found& found) {
  if (!read(cluster, id) || workload.up()) return;
  found.add(rule, cluster.name(),
            workload.exists ? fmt::format("{} of {} Pods of Deployment {} are ready", workload.ready,
                                          workload.wanted, name)
                            : fmt::format("there is no Deployment {}", name),
            workload.exists
                ? fmt::format("kubectl -n {} describe deployment {} shows why.", cluster.kube_namespace, name)
                : std::string(rule == "apiserver-not-ready" ? "Set clustermesh.useAPIServer."
                                                            : "Install it again."));
}

void check_apiserver_service(const LiveCluster& cluster, Found& found) {
  if (!read(cluster, ReadId::apiserver_service) || !cluster.apiserver.exists) return;
  const ApiServerService& service = cluster.apiserver_service;
  if (!service.exists) {
    found.add("apiserver-address", cluster.name(), "there is no Service clustermesh-apiserver",
              "Helm makes it; with service.externallyCreated, create it yourself.");
  } else if (service.type == "LoadBalancer" && service.addresses.empty()) {
    found.add("apiserver-address", cluster.name(),
              "the Service clustermesh-apiserver is of type LoadBalancer and has no address",
              "Look at the events of the Service: the cloud or the load balancer's controller says why.");
  } else if (service.type == "NodePort" && service.node_port == 0) {
    found.add("apiserver-address", cluster.name(), "the Service clustermesh-apiserver has no nodePort");
  } else if (service.type == "ClusterIP") {
    found.add(
        "apiserver-address", Level::warning, cluster.name(),
        "the Service clustermesh-apiserver is of type ClusterIP, which peers reach only where ClusterIPs are "
        "routed between the clusters",
        "Set clustermesh.apiserver.service.type to NodePort or LoadBalancer.");
  }
}

void check_node(const LiveCluster& cluster, const NodeView& node, const std::vector<IpPrefix>& pools,
                Found& found) {
  if (!node.ready) {
    found.add("node-not-ready", cluster.name(), fmt::format("Node {} is not ready", node.name),
              fmt::format("kubectl describe node {} shows why.", node.name));
  }
  if (!read(cluster, ReadId::cilium_nodes)) return;
  if (!node.has_cilium) {
    found.add("node-without-cilium", cluster.name(), fmt::format("Node {} has no CiliumNode", node.name),
              "The agent on it makes one when it starts: look at its log.");
    return;
  }
  for (const IpAddress& address : node.addresses) {
    if (node.cilium_addresses.empty() || std::ranges::count(node.cilium_addresses, address) > 0) continue;
    found.add("node-address-differs", cluster.name(),
              fmt::format("Node {} has {}, and its CiliumNode {}", node.name, to_string(address),
                          to_string(node.cilium_addresses.front())),
              "Restart the agent on it once the Node's address is right.");
  }
  if (cluster.setting("ipam", "cluster-pool") != "cluster-pool" || pools.empty()) return;
  for (const IpPrefix& pods : node.cilium_pods) {
    const bool inside = std::ranges::any_of(pools, [&](const IpPrefix& pool) { return pool.contains(pods); });
    if (inside) continue;
    found.add("pod-cidr-outside", cluster.name(),
              fmt::format("Node {} has the Pod CIDR {}, which is not in the cluster's list", node.name,
                          to_string(pods)),
              "Drain the node, delete its CiliumNode and restart its agent, when its Pods may move.");
  }
}

void check_nodes(const LiveCluster& cluster, Found& found) {
  const std::vector<IpPrefix> pools = pools_of(cluster);
  for (const NodeView& node : cluster.nodes) check_node(cluster, node, pools, found);
  if (cluster.nodes.empty()) return;
  for (const std::string& name : cluster.strange_cilium_nodes) {
    found.add("cilium-node-stale", cluster.name(), fmt::format("CiliumNode {} has no Node", name),
              fmt::format("kubectl delete ciliumnode {}, if the node is gone for good.", name));
  }
}

}  // namespace

void check_readable(const LiveMesh& mesh, Found& found) {
  for (const LiveCluster& cluster : mesh.clusters) {
    if (!cluster.reachable) {
      found.add("cluster-unreachable", cluster.name(),
                cluster.unread.empty() ? "the API did not answer" : cluster.unread.front().why,
                "Check the context's address and credentials: kubectl --context " +
                    shell_quote(cluster.context) + " get nodes.");
      continue;
    }
    for (const Unread& unread : cluster.unread) {
      found.add("not-readable", cluster.name(), fmt::format("could not read {}: {}", unread.what, unread.why),
                unread.rule.empty() ? std::string{} : "This rule would allow it: " + unread.rule);
    }
    if (cluster.config.empty() && read(cluster, ReadId::settings)) {
      found.add("cilium-missing", cluster.name(), "there is no ConfigMap cilium-config",
                "--namespace says where Cilium runs.");
    }
  }
}

void check_clusters(const LiveMesh& mesh, Found& found) {
  for (const LiveCluster& cluster : mesh.clusters) {
    if (!cluster.reachable || cluster.config.empty()) continue;
    check_agents(cluster, found);
    check_versions(cluster, found);
    check_deployment(cluster, cluster.cilium_operator, ReadId::cilium_operator, "operator-not-ready",
                     "cilium-operator", found);
    check_deployment(cluster, cluster.apiserver, ReadId::apiserver, "apiserver-not-ready",
                     "clustermesh-apiserver", found);
    check_apiserver_service(cluster, found);
    check_nodes(cluster, found);
  }
}

}  // namespace meshdrill::status
