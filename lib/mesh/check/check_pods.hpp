#pragma once

#include "mesh/findings.hpp"
#include "mesh/model.hpp"

namespace meshdrill::mesh {

// The part of check_networks() that is about Pod CIDRs by themselves: how they are cut up for the nodes, and
// whether native routing reaches all of them.
void check_pods(const Mesh& mesh, Findings& found);

}  // namespace meshdrill::mesh
