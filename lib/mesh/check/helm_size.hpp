// How much of Helm's limit a release takes. Helm keeps the chart, the values and the rendered manifest of a
// release in one Secret, as JSON, gzipped and in base64; Kubernetes holds no Secret over 1 MiB, and Helm then
// fails in the middle of an upgrade.
#pragma once

#include "mesh/findings.hpp"
#include "mesh/model.hpp"
#include "mesh/trust/trust_material.hpp"

#include <cstddef>

namespace meshdrill::mesh {

inline constexpr std::size_t secret_limit = 1'048'576;  // bytes of data in one Secret

struct ReleaseSize {
  std::size_t release = 0;      // bytes of the release's Secret, by estimate: within a tenth
  std::size_t kvstoremesh = 0;  // bytes of the Secret cilium-kvstoremesh that the chart renders
};

// For `cluster` with all others as its peers. `peer_pem` is how much PEM stands in the values for each peer:
// its certificate, key and CA; 0 with a CA in common.
ReleaseSize release_size(const Mesh& mesh, const Cluster& cluster, std::size_t peer_pem);

// Warns of releases that come near the limit, and refuses those that pass it, with the cure. Before the
// certificates are known, those of RSA-2048 are assumed, and nothing is refused for their sake.
void check_release_size(const Mesh& mesh, const TrustMaterial* material, Findings& found);

}  // namespace meshdrill::mesh
