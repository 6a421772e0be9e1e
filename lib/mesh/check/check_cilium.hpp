#pragma once

#include "mesh/findings.hpp"
#include "mesh/model.hpp"

namespace meshdrill::mesh {

// The part of check_parts() that is about how Cilium is installed: names, versions and their skew.
void check_cilium(const Mesh& mesh, Findings& found);

// The part about how the clusters' agents must agree: routing, encryption, addresses from outside the chart.
void check_datapath(const Mesh& mesh, Findings& found);

}  // namespace meshdrill::mesh
