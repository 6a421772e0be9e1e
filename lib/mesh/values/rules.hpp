// The rules for Helm values of one mesh, a function a subject. docs/reference/check.md says what each rule id
// means.
#pragma once

#include "mesh/findings.hpp"
#include "mesh/values/cluster_values.hpp"

#include <optional>
#include <vector>

namespace meshdrill::mesh::values {

struct MeshValues {
  std::vector<ClusterValues> clusters;
  std::optional<int> minor;  // of Cilium 1.x; nothing: the rules of all known minors are kept in mind
};

// Keys that no chart has, or not that minor's; values of the wrong type; numbers that look octal.
void check_keys(const MeshValues& mesh, Findings& found);

// cluster.name, cluster.id, maxConnectedClusters.
void check_identity(const MeshValues& mesh, Findings& found);

// Pod CIDRs: form, masks, overlaps, the chart's default.
void check_pod_networks(const MeshValues& mesh, Findings& found);

// clustermesh.config.clusters, and what the clusters say of each other.
void check_peers(const MeshValues& mesh, Findings& found);

// Certificates: whose CA, inline keys, server names.
void check_trust(const MeshValues& mesh, Findings& found);

// What must be the same everywhere for packets to arrive.
void check_datapath(const MeshValues& mesh, Findings& found);

}  // namespace meshdrill::mesh::values
