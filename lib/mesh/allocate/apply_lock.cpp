#include "mesh/allocate/apply_lock.hpp"

#include "mesh/allocate/file_numbers.hpp"
#include "mesh/allocate/restore_removed.hpp"
#include "mesh/cluster_id.hpp"
#include "mesh/findings.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

// What a change costs where workloads run.
constexpr std::string_view identity_cost = "On a live cluster that means restarting every workload.";
constexpr std::string_view pods_cost =
    "On a live cluster that means restarting every workload, and nodes keep their old blocks until they are "
    "drained and join again.";
constexpr std::string_view ipam_cost =
    "Cilium supports no change of it on a live cluster: every node must join again and every workload "
    "restart.";
constexpr std::string_view node_cost =
    "Cilium supports no change of it while nodes hold blocks of the old size: every node must join again and "
    "every workload restart.";
constexpr std::string_view limit_cost =
    "Cilium takes it only at installation, since it decides how identities are numbered: every cluster must "
    "be "
    "installed anew.";

bool has_prefix(const std::vector<LocatedPrefix>& pods, const IpPrefix& prefix) {
  return std::any_of(pods.begin(), pods.end(),
                     [&](const LocatedPrefix& item) { return item.prefix == prefix; });
}

class LockApplier {
 public:
  LockApplier(Mesh& mesh, const Lock& lock, Renumber renumber)
      : mesh_(mesh), lock_(lock), allowed_(renumber == Renumber::allow), file_(mesh) {
    for (Cluster& cluster : mesh_.clusters) by_name_.emplace(cluster.name, &cluster);
  }

  Remembered run() {
    check_limit();
    for (const Family family : {Family::ipv4, Family::ipv6}) check_node_length(family);
    keep_present();
    restore_removed(mesh_, lock_.file, file_, removed_, findings_);
    check_ids();
    return {std::move(removed_), findings_.take()};
  }

 private:
  // A change of a live cluster: refused with its cost and the way out, or permitted with its cost.
  void change(const Location& where, std::string what, std::string_view cost, const std::string& way_out) {
    if (allowed_) {
      findings_.warning("renumber", where, std::move(what), std::string{cost});
    } else {
      findings_.error("renumber", where, std::move(what),
                      fmt::format("{} {} --allow-renumber does it nevertheless.", cost, way_out));
    }
  }

  void check_limit();
  void check_node_length(Family family);
  void keep_present();
  std::unordered_map<std::string, const LockEntry*> contexts_gone() const;
  bool rename(Cluster& cluster, const LockEntry& before);
  void keep(Cluster& cluster, const LockEntry& entry);
  void keep_id(Cluster& cluster, const LockEntry& entry);
  void keep_pods(Cluster& cluster, const LockEntry& entry);
  bool gives_way(const Cluster& cluster, const IpPrefix& prefix);
  void check_ids();

  Mesh& mesh_;
  const Lock& lock_;
  const bool allowed_;
  std::unordered_map<std::string, Cluster*> by_name_;
  const FileNumbers file_;
  std::vector<LockEntry> removed_;
  Findings findings_;
};

void LockApplier::check_limit() {
  const int now = mesh_.cilium.max_connected_clusters;
  if (!lock_.max_connected_clusters || *lock_.max_connected_clusters == now) return;
  change(mesh_.cilium.where,
         fmt::format("cilium.maxConnectedClusters: was {} when the clusters were installed ({}), is {} now",
                     *lock_.max_connected_clusters, lock_.file, now),
         limit_cost, fmt::format("Keep {}.", *lock_.max_connected_clusters));
}

void LockApplier::check_node_length(Family family) {
  const auto& pool = mesh_.addressing.of(family);
  const std::optional<int>& before = lock_.node(family);
  if (!before || !pool || pool->node_length == *before) return;
  const bool cut_up = std::any_of(lock_.clusters.begin(), lock_.clusters.end(), [&](const LockEntry& entry) {
    return entry.ipam == Ipam::cluster_pool && by_name_.contains(entry.name);
  });
  if (!cut_up) return;
  change(pool->node_where,
         fmt::format("addressing.{}.node: was {} when the clusters were installed ({}), is {} now",
                     name_of(family), *before, lock_.file, pool->node_length),
         node_cost, fmt::format("Keep {}.", *before));
}

// Gives each cluster that the lock knows the numbers it has, and refuses what would change them.
void LockApplier::keep_present() {
  removed_ = lock_.removed;
  std::unordered_set<std::string> known;
  for (const LockEntry& entry : lock_.clusters) {
    const auto cluster = by_name_.find(entry.name);
    if (cluster == by_name_.end()) continue;
    keep(*cluster->second, entry);
    known.insert(entry.name);
  }
  const auto gone = contexts_gone();
  std::unordered_set<const LockEntry*> renamed;
  for (Cluster& cluster : mesh_.clusters) {
    const auto before = gone.find(cluster.context);
    if (known.contains(cluster.name) || before == gone.end()) continue;
    if (rename(cluster, *before->second)) renamed.insert(before->second);
  }
  for (const LockEntry& entry : lock_.clusters) {
    if (by_name_.contains(entry.name) || renamed.contains(&entry)) continue;
    removed_.push_back(entry);
    removed_.back().node_port.reset();  // nothing is built on it: free for the next
  }
}

std::unordered_map<std::string, const LockEntry*> LockApplier::contexts_gone() const {
  std::unordered_map<std::string, const LockEntry*> gone;
  for (const LockEntry& entry : lock_.clusters) {
    if (!by_name_.contains(entry.name)) gone.emplace(entry.context, &entry);
  }
  return gone;
}

// A new name at the context of a cluster that is gone is that cluster with a new name. Where that is allowed
// it keeps the rest.
bool LockApplier::rename(Cluster& cluster, const LockEntry& before) {
  change(cluster.where,
         fmt::format("name: context {} was {} until now ({}), and would be {}", cluster.context, before.name,
                     lock_.file, cluster.name),
         identity_cost, "Keep the name. If it is another cluster indeed, generate once without it first.");
  if (allowed_) keep(cluster, before);
  return allowed_;
}

void LockApplier::keep(Cluster& cluster, const LockEntry& entry) {
  keep_id(cluster, entry);
  if (cluster.datapath.ipam != entry.ipam) {
    change(cluster.datapath.cilium_where,
           fmt::format("cilium.ipam: {} has {} ({}), and would have {}", cluster.name, name_of(entry.ipam),
                       lock_.file, name_of(cluster.datapath.ipam)),
           ipam_cost, fmt::format("Keep {}.", name_of(entry.ipam)));
  } else {
    keep_pods(cluster, entry);
  }
  if (!cluster.apiserver.port && cluster.apiserver.exposure == ApiServer::Exposure::node_port) {
    cluster.apiserver.port = entry.node_port;
  }
}

void LockApplier::keep_id(Cluster& cluster, const LockEntry& entry) {
  if (!entry.id) return;
  if (cluster.id && cluster.id != entry.id) {
    change(cluster.id_where,
           fmt::format("id: {} has {} ({}); {} would renumber it", cluster.name, *entry.id, lock_.file,
                       *cluster.id),
           identity_cost, fmt::format("Keep {}, or leave id out.", *entry.id));
    return;
  }
  const auto holder = file_.ids.find(*entry.id);
  if (allowed_ && holder != file_.ids.end() && holder->second != &cluster) {
    change(holder->second->id_where,
           fmt::format("id: {} had {} ({}), which is {}'s now; it gets another", cluster.name, *entry.id,
                       lock_.file, holder->second->name),
           identity_cost, {});
    return;
  }
  cluster.id = entry.id;
}

void LockApplier::keep_pods(Cluster& cluster, const LockEntry& entry) {
  const std::vector<LocatedPrefix> written = cluster.pod_cidrs;
  for (const IpPrefix& prefix : entry.pod_cidrs) {
    const std::string text = to_string(prefix);
    if (!mesh_.addressing.of(prefix.family())) {
      change(cluster.where,
             fmt::format("addressing: {} has the Pods {} ({}), and there is no {} any more", cluster.name,
                         text, lock_.file, name_of(prefix.family())),
             pods_cost, "Keep the family.");
    } else if (has_family(written, prefix.family())) {
      if (has_prefix(written, prefix)) continue;
      change(written.front().where,
             fmt::format("podCIDRs: {} has the Pods {} ({}), which this list would take away", cluster.name,
                         text, lock_.file),
             pods_cost, fmt::format("Keep {} and add more after it.", text));
    } else if (!gives_way(cluster, prefix)) {
      add_pods(cluster, prefix);
    }
  }
}

// Whether Pods that the lock remembers must move since the file needs their range for something else. Where
// that is not allowed they stay, and check_networks() finds the overlap.
bool LockApplier::gives_way(const Cluster& cluster, const IpPrefix& prefix) {
  const NamedPrefix* other = allowed_ ? file_.networks.overlapping(prefix) : nullptr;
  if (other == nullptr) return false;
  change(other->where,
         fmt::format("podCIDRs: {} had the Pods {} ({}), which overlap {} of {}; it gets others",
                     cluster.name, to_string(prefix), lock_.file, to_string(other->prefix), other->owner),
         pods_cost, {});
  return true;
}

// The file's IDs are unique and in range (check_parts()); those of the lock beside them may not be.
void LockApplier::check_ids() {
  std::unordered_map<int, const Cluster*> holders;
  const auto drop = [&](Cluster& cluster, const std::string& why, std::string_view cost,
                        const std::string& way_out) {
    const std::string what =
        fmt::format("id: {} has {} ({}), {}", cluster.name, *cluster.id, lock_.file, why);
    change(cluster.where, what, cost, way_out);
    if (allowed_) cluster.id.reset();
  };
  for (Cluster& cluster : mesh_.clusters) {
    if (!cluster.id) continue;
    if (*cluster.id > mesh_.cilium.max_connected_clusters) {
      drop(cluster, "which is above maxConnectedClusters", identity_cost, "Set it back to 511.");
    } else if (marks_clash(cluster.datapath, *cluster.id)) {
      drop(cluster, "which the chart refuses with ENI, AlibabaCloud and aws-cni chaining", identity_cost,
           "Set cilium.allowUnsafePolicySKBUsage: true.");
    }
    if (!cluster.id) continue;
    const auto [first, fresh] = holders.emplace(*cluster.id, &cluster);
    if (fresh) continue;
    findings_.error("duplicate-id", cluster.id_where,
                    fmt::format("id: {} is meant for {} and for {} (see {})", *cluster.id,
                                first->second->name, cluster.name, lock_.file),
                    "Leave id out to have a free one given.");
  }
}

}  // namespace

Remembered apply_lock(Mesh& mesh, const Lock& lock, Renumber renumber) {
  return LockApplier{mesh, lock, renumber}.run();
}

}  // namespace meshdrill::mesh
