// The rules that no part of a mesh can break alone. Neither Helm's schema nor any Cilium component checks
// most of them: a mesh that breaks them installs, and then loses traffic.
#pragma once

#include "mesh/model.hpp"

namespace meshdrill::mesh {

// What is wrong with the mesh as written: names, versions, IDs, sizes of pools, ports, references.
Diagnostics check_parts(const Mesh& mesh);

// What is wrong with the networks of the mesh: how Pod CIDRs are cut up for the nodes, and where networks
// overlap that must not. For an allocated mesh or one as written. O(n log n); each prefix is reported at
// most once per kind of network that it lies in.
Diagnostics check_networks(const Mesh& mesh);

}  // namespace meshdrill::mesh
