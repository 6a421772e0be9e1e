// generate --pull-trust: the certificates that stand in the values with trust.mode inline, from the clusters
// that issued them.
#pragma once

#include "mesh/trust/trust_files.hpp"

#include <optional>
#include <string>

namespace meshdrill::cli {

// The Secret clustermesh-apiserver-remote-cert of every cluster of the mesh, read through its context, all at
// the same time; only reads. `kubeconfig` is the value of --kubeconfig. Nothing, with the reasons printed,
// when one of them cannot be read.
std::optional<mesh::PulledSecrets> pull_trust_or_explain(const mesh::Mesh& mesh,
                                                         const std::string& kubeconfig);

}  // namespace meshdrill::cli
