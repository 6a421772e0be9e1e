// The lock file that stands beside a mesh file: which numbers each cluster was given. IDs and Pod CIDRs are
// baked into running workloads, so what was given once stays given, and what a removed cluster had is not
// handed to another by chance.
#pragma once

#include "base/diagnostic.hpp"
#include "base/ip_prefix.hpp"
#include "mesh/model.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::mesh {

struct LockEntry {
  std::string name;
  std::string context;
  std::optional<int> id;  // absent when another cluster was given it explicitly; so for the others
  Ipam ipam = Ipam::cluster_pool;
  std::vector<IpPrefix> pod_cidrs;
  std::optional<int>
      node_port;  // of the clustermesh-apiserver; absent behind a load balancer and once removed

  bool operator==(const LockEntry&) const = default;
};

struct Lock {
  std::string mesh;                           // the mesh's name; empty when there is no lock yet
  std::optional<int> max_connected_clusters;  // that Cilium was installed for; absent in older locks
  // The length of a node's share of each family's Pod CIDRs, where Cilium cuts them up; absent in older
  // locks.
  std::optional<int> node_ipv4, node_ipv6;
  std::vector<LockEntry> clusters;  // those in the mesh file, in its order
  std::vector<LockEntry> removed;   // those that were, in the order of leaving
  std::string file;                 // for messages

  [[nodiscard]] std::optional<int>& node(Family family) {
    return family == Family::ipv4 ? node_ipv4 : node_ipv6;
  }
  [[nodiscard]] const std::optional<int>& node(Family family) const {
    return family == Family::ipv4 ? node_ipv4 : node_ipv6;
  }

  bool operator==(const Lock& other) const {
    return mesh == other.mesh && max_connected_clusters == other.max_connected_clusters &&
           node_ipv4 == other.node_ipv4 && node_ipv6 == other.node_ipv6 && clusters == other.clusters &&
           removed == other.removed;
  }
};

// "dir/mesh.yaml" -> "dir/mesh.lock.yaml".
std::filesystem::path lock_path(const std::filesystem::path& mesh_file);

Checked<Lock> read_lock_text(std::string_view text, const std::string& file);

// The lock on disk; an empty one when there is no such file.
Checked<Lock> read_lock(const std::filesystem::path& path);

std::string to_yaml(const Lock& lock);

}  // namespace meshdrill::mesh
