// The ways in that lead to what the clusters share.
#pragma once

#include "status/checks.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace meshdrill::status {

// Whether it leads to a Service that is global or exported.
bool is_shared(const std::vector<LiveCluster>& clusters, const WayIn& way);

// (host, "namespace/name") → the ways of all clusters there. They refer to the mesh.
using WaysIn =
    std::map<std::pair<std::string, std::string>, std::vector<std::pair<const LiveCluster*, const WayIn*>>>;
WaysIn shared_ways(const LiveMesh& mesh);

}  // namespace meshdrill::status
