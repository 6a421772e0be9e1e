// The names that a cluster's clustermesh-apiserver is asked by, beyond those that the chart always puts into
// its certificate.
#pragma once

#include "mesh/cilium_version.hpp"
#include "mesh/model.hpp"

#include <string>
#include <vector>

namespace meshdrill::mesh {

// "*.<domain>" for a domain of one's own, and the cluster's `apiserver.address`, as far as they are not
// covered by the chart's own *.mesh.cilium.io. All clusters of a mesh share the domain.
std::vector<std::string> extra_server_names(const Mesh& mesh, const Cluster& cluster);

// Everything that the server's certificate must be valid for in this version, as the chart would make it.
std::vector<std::string> server_names(const Mesh& mesh, const Cluster& cluster, const CiliumMinor& minor);

// The common name of the server's certificate in this version.
std::string server_common_name(const Mesh& mesh, const CiliumMinor& minor);

}  // namespace meshdrill::mesh
