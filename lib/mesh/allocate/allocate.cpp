#include "mesh/allocate/allocate.hpp"

#include "mesh/allocate/free_prefixes.hpp"
#include "mesh/cluster_id.hpp"
#include "mesh/findings.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

constexpr int first_node_port = 32379;   // the chart's own default
constexpr int lowest_node_port = 30000;  // Kubernetes' range of NodePorts
constexpr int highest_node_port = 32767;

class Allocator {
 public:
  Allocator(Mesh mesh, const Lock& lock, Renumber renumber)
      : mesh_(std::move(mesh)), old_(lock), renumber_(renumber) {}

  Checked<Allocation> run() {
    check_lock_belongs();
    if (found_.has_errors()) return tl::unexpected(found_.take());
    Remembered remembered = apply_lock(mesh_, old_, renumber_);
    removed_ = std::move(remembered.removed);
    found_.add(std::move(remembered.findings));
    give_ids();
    give_ports();
    give_routes();
    for (const Family family : {Family::ipv4, Family::ipv6}) give_pods(family);
    if (found_.has_errors()) return tl::unexpected(found_.take());
    return Allocation{mesh_, make_lock(), found_.take()};
  }

 private:
  void check_lock_belongs();
  void give_ids();
  void give_id(Cluster& cluster, int& next, std::set<int>& used);
  void give_ports();
  void give_routes();
  void give_pods(Family family);
  void note_range(const Cluster& cluster, const IpPrefix& pods);
  std::vector<IpPrefix> taken(Family family) const;
  Lock make_lock() const;

  Mesh mesh_;
  const Lock& old_;
  Renumber renumber_;
  std::vector<LockEntry> removed_;  // what the new lock remembers
  Findings found_;
};

void Allocator::check_lock_belongs() {
  if (old_.mesh.empty() || old_.mesh == mesh_.name) return;
  found_.error("lock-mesh", mesh_.where,
               fmt::format("metadata.name: {} belongs to the mesh \"{}\", this file describes \"{}\"",
                           old_.file, old_.mesh, mesh_.name),
               "Change the name back, or move the lock file away when this is a new mesh.");
}

void Allocator::give_ids() {
  std::set<int> used;
  for (const Cluster& cluster : mesh_.clusters) used.insert(cluster.id.value_or(0));
  for (const LockEntry& entry : removed_) used.insert(entry.id.value_or(0));
  // Those that cannot have every ID choose first.
  int next_limited = 1;
  int next = 1;
  for (Cluster& cluster : mesh_.clusters) {
    if (!cluster.id && has_limited_ids(cluster.datapath)) give_id(cluster, next_limited, used);
  }
  for (Cluster& cluster : mesh_.clusters) {
    if (!cluster.id) give_id(cluster, next, used);
  }
}

void Allocator::give_id(Cluster& cluster, int& next, std::set<int>& used) {
  while (used.contains(next) || marks_clash(cluster.datapath, next)) ++next;
  if (next <= mesh_.cilium.max_connected_clusters) {
    used.insert(next);
    cluster.id = next;
    return;
  }
  std::string cure;
  if (has_limited_ids(cluster.datapath)) {
    cure = "With ENI, AlibabaCloud and aws-cni chaining only 1 to 127 and 256 to 383 can be had.";
  }
  if (!removed_.empty()) {
    cure += fmt::format("{}Clusters under \"removed\" in {} still hold theirs.", cure.empty() ? "" : " ",
                        old_.file);
  }
  found_.error("no-room", cluster.where, fmt::format("id: none is free for {}", cluster.name), cure);
}

void Allocator::give_ports() {
  std::set<int> used;
  for (const Cluster& cluster : mesh_.clusters) used.insert(cluster.apiserver.port.value_or(0));
  int next = first_node_port;
  const auto advance = [&] { next = next == highest_node_port ? lowest_node_port : next + 1; };
  for (Cluster& cluster : mesh_.clusters) {
    if (cluster.apiserver.port) continue;
    if (cluster.apiserver.exposure == ApiServer::Exposure::load_balancer) {
      cluster.apiserver.port = etcd_port;
      continue;
    }
    // There are more NodePorts than clusters that a mesh can have, so one is free.
    while (used.contains(next)) advance();
    cluster.apiserver.port = next;
    advance();
  }
}

// Native routing reaches the whole pool unless the file says what it reaches.
void Allocator::give_routes() {
  for (Cluster& cluster : mesh_.clusters) {
    Datapath& datapath = cluster.datapath;
    if (datapath.routing_mode != RoutingMode::native) continue;
    const auto give = [&](Family family, std::optional<LocatedPrefix>& native) {
      const auto& pool = mesh_.addressing.of(family);
      if (!native && pool && pool->pool) native = LocatedPrefix{*pool->pool, pool->where};
    };
    give(Family::ipv4, datapath.native_ipv4);
    give(Family::ipv6, datapath.native_ipv6);
  }
}

std::vector<IpPrefix> Allocator::taken(Family family) const {
  std::vector<IpPrefix> prefixes;
  const auto take = [&](const IpPrefix& prefix) {
    if (prefix.family() == family) prefixes.push_back(prefix);
  };
  const auto take_address = [&](const LocatedAddress& item) {
    take({item.address, width(item.address.family)});
  };
  for (const NamedNetwork& network : mesh_.networks) take(network.prefix);
  for (const Cluster& cluster : mesh_.clusters) {
    for (const auto* list : {&cluster.pod_cidrs, &cluster.node_cidrs, &cluster.service_cidrs}) {
      for (const LocatedPrefix& item : *list) take(item.prefix);
    }
    for (const auto* list : {&cluster.nodes, &cluster.apiserver.ips, &cluster.ingress}) {
      for (const LocatedAddress& item : *list) take_address(item);
    }
  }
  for (const LockEntry& entry : removed_) {
    for (const IpPrefix& prefix : entry.pod_cidrs) take(prefix);
  }
  return prefixes;
}

void Allocator::give_pods(Family family) {
  const std::optional<AddressPool>& pool = mesh_.addressing.of(family);
  std::optional<FreePrefixes> free;
  if (pool && pool->pool) free.emplace(*pool->pool, pool->cluster_length, taken(family));
  for (Cluster& cluster : mesh_.clusters) {
    const auto written =
        std::find_if(cluster.pod_cidrs.begin(), cluster.pod_cidrs.end(),
                     [&](const LocatedPrefix& item) { return item.prefix.family() == family; });
    if (written != cluster.pod_cidrs.end()) {
      if (pool) continue;
      found_.error("pod-cidr-family", written->where,
                   fmt::format("podCIDRs: {} has {} Pods, and addressing.{} is missing", cluster.name,
                               name_of(family), name_of(family)));
      continue;
    }
    if (!pool || shares_node_networks(cluster.datapath)) continue;
    if (!free) {
      found_.error("pod-cidr-missing", cluster.where,
                   fmt::format("podCIDRs: {} has none of {}, and addressing.{} has no pool", cluster.name,
                               name_of(family), name_of(family)));
      continue;
    }
    const std::optional<IpPrefix> pods = free->next();
    if (!pods) {
      found_.error(
          "no-room", pool->where,
          fmt::format("addressing.{}: {} has no free /{} for {}", name_of(family), to_string(*pool->pool),
                      pool->cluster_length, cluster.name),
          removed_.empty()
              ? "Give a wider pool, or clusters a longer prefix. What the file says about networks is left "
                "free."
              : fmt::format("Give a wider pool; or delete clusters under \"removed\" in {}, which "
                            "still hold theirs.",
                            old_.file));
      return;
    }
    add_pods(cluster, *pods);
    note_range(cluster, *pods);
  }
}

// With ipam kubernetes the chart's lists are not used, so the range must be told to somebody else.
void Allocator::note_range(const Cluster& cluster, const IpPrefix& pods) {
  if (cluster.datapath.ipam != Ipam::kubernetes) return;
  found_.note(
      "pod-cidr-unused", cluster.where,
      fmt::format("podCIDRs: {} is given to {}, whose Pods get their addresses from Kubernetes",
                  to_string(pods), cluster.name),
      "Start its kube-controller-manager with that --cluster-cidr, or name the podCIDRs that it has.");
}

Lock Allocator::make_lock() const {
  Lock lock;
  lock.mesh = mesh_.name;
  lock.file = old_.file;
  lock.max_connected_clusters = mesh_.cilium.max_connected_clusters;
  const bool cut_up = std::any_of(mesh_.clusters.begin(), mesh_.clusters.end(), [](const Cluster& cluster) {
    return cluster.datapath.ipam == Ipam::cluster_pool;
  });
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    if (cut_up && mesh_.addressing.of(family)) lock.node(family) = mesh_.addressing.of(family)->node_length;
  }
  lock.removed = removed_;
  for (const Cluster& cluster : mesh_.clusters) {
    LockEntry entry{cluster.name, cluster.context, cluster.id, cluster.datapath.ipam, {}, {}};
    for (const LocatedPrefix& pods : cluster.pod_cidrs) entry.pod_cidrs.push_back(pods.prefix);
    if (cluster.apiserver.exposure == ApiServer::Exposure::node_port)
      entry.node_port = cluster.apiserver.port;
    lock.clusters.push_back(std::move(entry));
  }
  return lock;
}

}  // namespace

Checked<Allocation> allocate(Mesh mesh, const Lock& lock, Renumber renumber) {
  return Allocator{std::move(mesh), lock, renumber}.run();
}

}  // namespace meshdrill::mesh
