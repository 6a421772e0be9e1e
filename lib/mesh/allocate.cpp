#include "mesh/allocate.hpp"

#include "mesh/free_prefixes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

constexpr int first_node_port = 32379;   // the chart's own default
constexpr int lowest_node_port = 30000;  // Kubernetes' range of NodePorts
constexpr int highest_node_port = 32767;
constexpr int etcd_port = 2379;  // of clustermesh-apiserver behind a load balancer
constexpr std::string_view cost = "On a live cluster that means restarting every workload.";

bool is_in(const IpPrefix& prefix, const std::vector<LocatedPrefix>& list) {
  return std::any_of(list.begin(), list.end(),
                     [&](const LocatedPrefix& item) { return item.prefix == prefix; });
}

bool has_family(const Cluster& cluster, Family family) {
  return std::any_of(cluster.pod_cidrs.begin(), cluster.pod_cidrs.end(),
                     [&](const LocatedPrefix& pods) { return pods.prefix.family() == family; });
}

class Allocator {
 public:
  Allocator(Mesh mesh, const Lock& lock) : mesh_(std::move(mesh)), old_(lock) {}

  Checked<Allocation> run() {
    check_lock_belongs();
    if (has_errors(found_)) return tl::unexpected(std::move(found_));
    keep_locked();
    restore_removed();
    check_ids();
    give_ids();
    give_ports();
    for (const Family family : {Family::ipv4, Family::ipv6}) give_pods(family);
    if (has_errors(found_)) return tl::unexpected(std::move(found_));
    return Allocation{mesh_, make_lock(), std::move(found_)};
  }

 private:
  void error(const Location& where, std::string what, std::string cure = {}) {
    found_.push_back({Severity::error, where, std::move(what), std::move(cure)});
  }

  void check_lock_belongs();
  void keep_locked();
  void keep(Cluster& cluster, const LockEntry& entry);
  void refuse_rename(const Cluster& cluster, const std::vector<const LockEntry*>& gone);
  void restore_removed();
  void strip(LockEntry& entry, const std::unordered_map<int, const Cluster*>& ids);
  void check_ids();
  void give_ids();
  void give_ports();
  void give_pods(Family family);
  std::vector<IpPrefix> taken(Family family) const;
  Lock make_lock() const;

  Mesh mesh_;
  const Lock& old_;
  std::vector<LockEntry> removed_;  // what the new lock remembers
  Diagnostics found_;
};

void Allocator::check_lock_belongs() {
  if (old_.mesh.empty() || old_.mesh == mesh_.name) return;
  error(mesh_.where,
        fmt::format("metadata.name: {} belongs to the mesh \"{}\", this file describes \"{}\"", old_.file,
                    old_.mesh, mesh_.name),
        "Change the name back, or move the lock file away when this is a new mesh.");
}

// Gives each cluster that the lock knows the numbers it has, and refuses what would change them.
void Allocator::keep_locked() {
  std::unordered_map<std::string, Cluster*> by_name;
  for (Cluster& cluster : mesh_.clusters) by_name.emplace(cluster.name, &cluster);
  std::unordered_set<std::string> locked;
  std::vector<const LockEntry*> gone;
  removed_ = old_.removed;
  for (const LockEntry& entry : old_.clusters) {
    const auto cluster = by_name.find(entry.name);
    if (cluster == by_name.end()) {
      gone.push_back(&entry);
      removed_.push_back(entry);
      removed_.back().node_port.reset();  // nothing is built on it: free for the next
    } else {
      keep(*cluster->second, entry);
      locked.insert(entry.name);
    }
  }
  if (gone.empty()) return;
  for (const Cluster& cluster : mesh_.clusters) {
    if (!locked.contains(cluster.name)) refuse_rename(cluster, gone);
  }
}

void Allocator::keep(Cluster& cluster, const LockEntry& entry) {
  if (cluster.id && entry.id && cluster.id != entry.id) {
    error(cluster.id_where,
          fmt::format("id: {} has {} ({}); {} would renumber it", cluster.name, *entry.id, old_.file,
                      *cluster.id),
          fmt::format("{} Keep {}, or leave id out.", cost, *entry.id));
    return;
  }
  if (entry.id) cluster.id = entry.id;
  const Cluster written = cluster;
  for (const IpPrefix& prefix : entry.pod_cidrs) {
    const std::string text = to_string(prefix);
    if (!mesh_.addressing.of(prefix.family())) {
      error(cluster.where,
            fmt::format("addressing: {} has the Pods {} ({}), and there is no {} any more", cluster.name,
                        text, old_.file, name_of(prefix.family())),
            fmt::format("{} Keep the family.", cost));
    } else if (!has_family(written, prefix.family())) {
      cluster.pod_cidrs.push_back({prefix, cluster.where});
    } else if (!is_in(prefix, written.pod_cidrs)) {
      error(cluster.pod_cidrs.front().where,
            fmt::format("podCIDRs: {} has the Pods {} ({}), which this list would take away", cluster.name,
                        text, old_.file),
            fmt::format("{} Keep {} and add more after it.", cost, text));
    }
  }
  if (!cluster.apiserver.port && cluster.apiserver.exposure == ApiServer::Exposure::node_port) {
    cluster.apiserver.port = entry.node_port;
  }
}

// A new name at the context of a cluster that is gone is that cluster with a new name.
void Allocator::refuse_rename(const Cluster& cluster, const std::vector<const LockEntry*>& gone) {
  const auto before = std::find_if(gone.begin(), gone.end(),
                                   [&](const LockEntry* entry) { return entry->context == cluster.context; });
  if (before == gone.end()) return;
  error(cluster.where,
        fmt::format("name: context {} was {} until now ({}); {} would be a new cluster with new numbers",
                    cluster.context, (*before)->name, old_.file, cluster.name),
        fmt::format("{} Keep the name. If it is another cluster indeed, generate once without it first.",
                    cost));
}

// Gives clusters that come back what they had, as far as nobody else has it now; and lets go of what the file
// gives to others explicitly.
void Allocator::restore_removed() {
  if (removed_.empty()) return;
  std::unordered_map<int, const Cluster*> ids;
  for (const Cluster& cluster : mesh_.clusters) {
    if (cluster.id) ids.emplace(*cluster.id, &cluster);
  }
  std::unordered_map<std::string, Cluster*> by_name;
  for (Cluster& cluster : mesh_.clusters) by_name.emplace(cluster.name, &cluster);
  std::vector<LockEntry> still_removed;
  for (LockEntry& entry : removed_) {
    const auto back = by_name.find(entry.name);
    if (back != by_name.end() && back->second->id == entry.id) ids.erase(entry.id.value_or(0));
    strip(entry, ids);
    if (back == by_name.end()) {
      still_removed.push_back(std::move(entry));
      continue;
    }
    Cluster& cluster = *back->second;
    if (!cluster.id) cluster.id = entry.id;
    const Cluster written = cluster;
    for (const IpPrefix& prefix : entry.pod_cidrs) {
      if (mesh_.addressing.of(prefix.family()) && !has_family(written, prefix.family())) {
        cluster.pod_cidrs.push_back({prefix, cluster.where});
      }
    }
  }
  removed_ = std::move(still_removed);
}

void Allocator::strip(LockEntry& entry, const std::unordered_map<int, const Cluster*>& ids) {
  const auto warn = [&](const Location& where, const std::string& what) {
    found_.push_back({Severity::warning, where,
                      fmt::format("{} was {}'s, which was removed ({})", what, entry.name, old_.file),
                      "Make sure that nothing of that cluster is left running."});
  };
  const auto holder = ids.find(entry.id.value_or(0));
  if (holder != ids.end()) {
    warn(holder->second->id_where, fmt::format("id: {}", *entry.id));
    entry.id.reset();
  }
  for (const Cluster& cluster : mesh_.clusters) {
    if (cluster.name == entry.name) continue;
    for (const LocatedPrefix& pods : cluster.pod_cidrs) {
      const auto lost = std::erase_if(entry.pod_cidrs,
                                      [&](const IpPrefix& prefix) { return prefix.overlaps(pods.prefix); });
      if (lost > 0) warn(pods.where, fmt::format("podCIDRs: {}", to_string(pods.prefix)));
    }
  }
}

// The file's IDs are unique and in range (check_parts()); those of the lock beside them may not be.
void Allocator::check_ids() {
  std::unordered_map<int, const Cluster*> holders;
  for (const Cluster& cluster : mesh_.clusters) {
    if (!cluster.id) continue;
    if (*cluster.id > mesh_.cilium.max_connected_clusters) {
      error(cluster.where,
            fmt::format("id: {} has {} ({}), which is above maxConnectedClusters", cluster.name, *cluster.id,
                        old_.file),
            "Set cilium.maxConnectedClusters back to 511: it cannot change on a live mesh.");
    }
    const auto [first, fresh] = holders.emplace(*cluster.id, &cluster);
    if (fresh) continue;
    error(cluster.id_where,
          fmt::format("id: {} is meant for {} and for {} (see {})", *cluster.id, first->second->name,
                      cluster.name, old_.file),
          "Leave id out to have a free one given.");
  }
}

void Allocator::give_ids() {
  std::set<int> used;
  for (const Cluster& cluster : mesh_.clusters) used.insert(cluster.id.value_or(0));
  for (const LockEntry& entry : removed_) used.insert(entry.id.value_or(0));
  int next = 1;
  for (Cluster& cluster : mesh_.clusters) {
    if (cluster.id) continue;
    while (used.contains(next)) ++next;
    if (next > mesh_.cilium.max_connected_clusters) {
      error(cluster.where,
            fmt::format("id: none of 1 to {} is left for {}", mesh_.cilium.max_connected_clusters,
                        cluster.name),
            removed_.empty() ? ""
                             : fmt::format("Clusters under \"removed\" in {} still hold theirs.", old_.file));
      return;
    }
    cluster.id = next++;
  }
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
    for (const LocatedAddress& item : cluster.apiserver.ips) take_address(item);
    for (const LocatedAddress& item : cluster.ingress) take_address(item);
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
    if (has_family(cluster, family)) {
      if (!pool) {
        error(cluster.pod_cidrs.front().where,
              fmt::format("podCIDRs: {} has {} Pods, and addressing.{} is missing", cluster.name,
                          name_of(family), name_of(family)));
      }
      continue;
    }
    if (!pool) continue;
    if (!free) {
      error(cluster.where, fmt::format("podCIDRs: {} has none of {}, and addressing.{} has no pool",
                                       cluster.name, name_of(family), name_of(family)));
      continue;
    }
    const std::optional<IpPrefix> pods = free->next();
    if (!pods) {
      error(pool->where,
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
    cluster.pod_cidrs.push_back({*pods, cluster.where});
  }
}

Lock Allocator::make_lock() const {
  Lock lock;
  lock.mesh = mesh_.name;
  lock.file = old_.file;
  lock.removed = removed_;
  for (const Cluster& cluster : mesh_.clusters) {
    LockEntry entry{cluster.name, cluster.context, cluster.id, {}, {}};
    for (const LocatedPrefix& pods : cluster.pod_cidrs) entry.pod_cidrs.push_back(pods.prefix);
    if (cluster.apiserver.exposure == ApiServer::Exposure::node_port)
      entry.node_port = cluster.apiserver.port;
    lock.clusters.push_back(std::move(entry));
  }
  return lock;
}

}  // namespace

Checked<Allocation> allocate(Mesh mesh, const Lock& lock) {
  return Allocator{std::move(mesh), lock}.run();
}

}  // namespace meshdrill::mesh
