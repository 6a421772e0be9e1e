#include "mesh/allocate/restore_removed.hpp"

#include <unordered_map>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

void restore(const Addressing& addressing, const LockEntry& entry, Cluster& cluster) {
  if (!cluster.id) cluster.id = entry.id;
  if (cluster.datapath.ipam != entry.ipam) return;
  const std::vector<LocatedPrefix> written = cluster.pod_cidrs;
  for (const IpPrefix& prefix : entry.pod_cidrs) {
    if (addressing.of(prefix.family()) && !has_family(written, prefix.family())) {
      add_pods(cluster, prefix);
    }
  }
}

// Takes from `entry` what the file gives to others.
void strip(LockEntry& entry, const FileNumbers& file, const std::string& lock_file, Findings& findings) {
  const auto warn = [&](const Location& where, const std::string& what) {
    findings.warning("number-reused", where,
                     fmt::format("{} was {}'s, which was removed ({})", what, entry.name, lock_file),
                     "Make sure that nothing of that cluster is left running.");
  };
  const auto holder = file.ids.find(entry.id.value_or(0));
  if (holder != file.ids.end() && holder->second->name != entry.name) {
    warn(holder->second->id_where, fmt::format("id: {}", *entry.id));
    entry.id.reset();
  }
  std::erase_if(entry.pod_cidrs, [&](const IpPrefix& prefix) {
    const NamedPrefix* taken = file.pods.overlapping(prefix);
    if (taken == nullptr || taken->owner == entry.name) return false;
    warn(taken->where, fmt::format("podCIDRs: {}", to_string(taken->prefix)));
    return true;
  });
}

}  // namespace

void restore_removed(Mesh& mesh, const std::string& lock_file, const FileNumbers& file,
                     std::vector<LockEntry>& removed, Findings& findings) {
  if (removed.empty()) return;
  std::unordered_map<std::string_view, Cluster*> by_name;
  for (Cluster& cluster : mesh.clusters) by_name.emplace(cluster.name, &cluster);
  std::vector<LockEntry> still_removed;
  for (LockEntry& entry : removed) {
    strip(entry, file, lock_file, findings);
    const auto back = by_name.find(entry.name);
    if (back == by_name.end()) {
      still_removed.push_back(std::move(entry));
    } else {
      restore(mesh.addressing, entry, *back->second);
    }
  }
  removed = std::move(still_removed);
}

}  // namespace meshdrill::mesh
