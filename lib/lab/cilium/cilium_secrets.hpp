// The Secrets of Cluster Mesh, as the chart renders them.
#pragma once

#include "lab/api/object_store.hpp"
#include "mesh/model.hpp"
#include "mesh/trust/trust_material.hpp"

#include <string>
#include <string_view>

namespace meshdrill::lab {

// Of type kubernetes.io/tls: ca.crt, tls.crt and tls.key.
Object tls_secret(const mesh::TrustMaterial::Secret& secret, const std::string& authority,
                  const std::string& kube_namespace);

// The etcd configuration of each peer under its name. In cilium-clustermesh, which the agents read, all lead
// to the cluster's own kvstoremesh; in cilium-kvstoremesh each leads to its peer.
Object peer_secret(std::string_view name, const mesh::Mesh& mesh, const mesh::Cluster& cluster);

}  // namespace meshdrill::lab
