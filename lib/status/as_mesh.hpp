// Live clusters in the shapes that lib/mesh has rules for, so that a rule stands in one place.
#pragma once

#include "mesh/model.hpp"
#include "mesh/values/rules.hpp"
#include "status/live_cluster.hpp"

#include <vector>

namespace meshdrill::status {

// Their settings as the Helm values that make such settings; without peers, whose live form is another.
// Clusters without settings are left out. Places are the clusters' names.
mesh::values::MeshValues as_values(const std::vector<LiveCluster>& clusters);

// Their networks: the Pod CIDRs of the settings, those of nodes outside of them, and the nodes' addresses.
// Places name the Node, or the setting. Native routing CIDRs only when `with_native`.
mesh::Mesh as_networks(const std::vector<LiveCluster>& clusters, bool with_native);

// The cluster-pool lists of one cluster.
std::vector<IpPrefix> pools_of(const LiveCluster& cluster);

}  // namespace meshdrill::status
