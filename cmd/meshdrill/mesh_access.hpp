// What the verbs that talk to clusters have in common: the mesh file, the kubeconfig, and how their errors
// are shown.
#pragma once

#include "kube/kubeconfig.hpp"
#include "mesh/model.hpp"

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace meshdrill::cli {

// Prints the diagnostics on stderr.
void print(const Diagnostics& diagnostics);

// The mesh of a file, allocated; nothing, with the errors printed, when it cannot be read.
std::optional<mesh::Mesh> load_mesh_or_explain(const std::string& path);

// The merged kubeconfig; `flag` is the value of --kubeconfig, or empty. Nothing, with the errors printed,
// when there is none.
std::optional<kube::Kubeconfig> load_kubeconfig_or_explain(const std::string& flag);

// Declares --kubeconfig.
void add_kubeconfig(CLI::App& command, std::string& flag);

}  // namespace meshdrill::cli
