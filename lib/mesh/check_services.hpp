#pragma once

#include "mesh/cilium_version.hpp"
#include "mesh/findings.hpp"
#include "mesh/model.hpp"

namespace meshdrill::mesh {

// The part of check_parts() that is about the global Services and the ingress in front of them. `minor` is
// nullptr when the Cilium version is not known.
void check_services(const Mesh& mesh, const CiliumMinor* minor, Findings& found);

}  // namespace meshdrill::mesh
