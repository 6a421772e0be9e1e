// The data of the ConfigMap cilium-config, as far as it concerns the mesh.
#pragma once

#include "lab/api/object_store.hpp"
#include "mesh/model.hpp"

namespace meshdrill::lab {

// The keys are those of the real chart. What the mesh file leaves open is what a lab's traffic behaves like:
// VXLAN tunnels, and kube-proxy replaced.
Object cilium_config(const mesh::Mesh& mesh, const mesh::Cluster& cluster, bool endpoint_slice_sync);

}  // namespace meshdrill::lab
