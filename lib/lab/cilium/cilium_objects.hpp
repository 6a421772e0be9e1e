// What Cilium has in a lab cluster: the ConfigMap, Secrets, workloads and CiliumNodes that the real chart and
// the real agents make, under their names and in their shapes. Nothing of Cilium runs in them; what the
// agents would say of their peers is in agent_view.hpp.
#pragma once

#include "lab/controllers/cluster_objects.hpp"
#include "mesh/model.hpp"
#include "mesh/trust/trust_material.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

inline constexpr std::string_view agent_label = "cilium";                     // of k8s-app
inline constexpr std::string_view apiserver_label = "clustermesh-apiserver";  // likewise
inline constexpr std::string_view peers_secret = "cilium-clustermesh";
inline constexpr std::string_view remote_peers_secret = "cilium-kvstoremesh";

// The certificates of one cluster's clustermesh-apiserver, and the CA of the whole lab. Secret.
struct CiliumTrust {
  std::string authority;  // PEM
  std::vector<mesh::TrustMaterial::Secret> secrets;
};

// In the order in which to apply them. `cluster` is one of the mesh's, all of which have addresses by now.
std::vector<Object> cilium_objects(const mesh::Mesh& mesh, const mesh::Cluster& cluster,
                                   const ClusterFacts& facts, const CiliumTrust& trust,
                                   bool endpoint_slice_sync);

// The status of the Service clustermesh-apiserver, where it is behind a load balancer.
void write_cilium_statuses(ObjectStore& store, const mesh::Mesh& mesh, const mesh::Cluster& cluster);

}  // namespace meshdrill::lab
