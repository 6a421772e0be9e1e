#pragma once

#include "mesh/findings.hpp"
#include "mesh/model.hpp"

namespace meshdrill::mesh {

// The part of check_parts() that is about what is installed around the Services: the ingress's controller,
// DNS, trust, and settings that a cluster's version has not. For a mesh whose versions are known
// (check_parts() has found them to be).
void check_output(const Mesh& mesh, Findings& found);

}  // namespace meshdrill::mesh
