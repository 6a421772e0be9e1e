// What a mesh file gives explicitly, to hold the lock's numbers against.
#pragma once

#include "mesh/check/prefix_index.hpp"
#include "mesh/model.hpp"

#include <unordered_map>

namespace meshdrill::mesh {

struct FileNumbers {
  // `mesh` as it was read, and must outlive this.
  explicit FileNumbers(const Mesh& mesh);

  std::unordered_map<int, const Cluster*> ids;  // of the clusters that name their own
  PrefixIndex pods;                             // Pod CIDRs
  PrefixIndex networks;  // those, and nodes, ClusterIPs, addresses and networks outside the mesh
};

}  // namespace meshdrill::mesh
