// Trust of mode "inline": what each cluster's clustermesh-apiserver expects of its peers, as they were pulled
// from the clusters.
#pragma once

#include "mesh/findings.hpp"
#include "mesh/model.hpp"
#include "mesh/render/render.hpp"
#include "mesh/trust/trust_files.hpp"

#include <filesystem>
#include <vector>

namespace meshdrill::mesh {

// Reads <folder>/<cluster>.yaml of every cluster: its remote_secret, as kubectl prints it or peer_files()
// does; for the clusters in `pulled`, that. A file that is missing is a warning, with the commands that make
// it; until all are there the clusters cannot be connected. One that is unreadable, has expired or lacks its
// CA is an error.
void load_peers(const Mesh& mesh, const std::filesystem::path& folder, Now now, const PulledSecrets& pulled,
                TrustMaterial& material, Findings& found);

// The files of load_peers() for all clusters, relative to the mesh file, with mode 0600.
std::vector<RenderedFile> peer_files(const Mesh& mesh, const TrustMaterial& material);

}  // namespace meshdrill::mesh
