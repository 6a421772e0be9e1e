// Trust of mode "inline": what each cluster's clustermesh-apiserver expects of its peers, as they were pulled
// from the clusters.
#pragma once

#include "mesh/findings.hpp"
#include "mesh/model.hpp"
#include "mesh/trust/trust_material.hpp"

#include <chrono>
#include <filesystem>

namespace meshdrill::mesh {

// Reads <folder>/<cluster>.yaml of every cluster: its Secret clustermesh-apiserver-remote-cert, as kubectl
// prints it. A file that is missing is a warning, with the command that makes it; until all are there the
// clusters cannot be connected. One that is unreadable, has expired or lacks its CA is an error.
void load_peers(const Mesh& mesh, const std::filesystem::path& folder,
                std::chrono::system_clock::time_point now, TrustMaterial& material, Findings& found);

}  // namespace meshdrill::mesh
