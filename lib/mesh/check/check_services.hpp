#pragma once

#include "mesh/findings.hpp"
#include "mesh/model.hpp"

namespace meshdrill::mesh {

// The part of check_parts() that is about the global Services and the ingress in front of them.
void check_services(const Mesh& mesh, Findings& found);

}  // namespace meshdrill::mesh
