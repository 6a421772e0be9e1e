// The rules for Helm values of one mesh, a function a subject. docs/reference/check.md says what each rule id
// means.
#pragma once

#include "mesh/findings.hpp"
#include "mesh/values/cluster_values.hpp"
#include "mesh/values/peer_index.hpp"

#include <optional>
#include <vector>

namespace meshdrill::mesh::values {

// The first whose clustermesh.config.clusters may be a map; before it the schema wants a list.
inline constexpr int first_map_minor = 19;

struct MeshValues {
  std::vector<ClusterValues> clusters;
  PeerIndex peers;           // of `clusters`
  std::optional<int> minor;  // of Cilium 1.x; nothing: the rules of all known minors are kept in mind
};

// Keys that no chart has, or not that minor's; values of the wrong type; numbers that look octal.
void check_keys(const MeshValues& mesh, Findings& found);

// Where the clusters' values stand in those of an umbrella chart.
void check_subcharts(const MeshValues& mesh, Findings& found);

// Words that no agent knows, and what Cilium's own ingress needs of the datapath.
void check_settings(const MeshValues& mesh, Findings& found);

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
