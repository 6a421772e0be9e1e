#pragma once

#include "mesh/initial_file.hpp"
#include "status/cluster_facts.hpp"

#include <string>
#include <vector>

namespace meshdrill::status {

// The mesh file that live clusters are: what the first of them has is the mesh's, what others have
// differently their own. Remarks in it say what had to be guessed.
mesh::InitialMesh describe(const std::vector<ClusterFacts>& clusters, std::string name);

}  // namespace meshdrill::status
