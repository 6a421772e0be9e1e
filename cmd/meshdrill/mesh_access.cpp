#include "mesh_access.hpp"

#include "mesh/load.hpp"

#include <cstdio>

namespace meshdrill::cli {

void print(const Diagnostics& diagnostics) {
  std::fputs(to_string(diagnostics).c_str(), stderr);
}

std::optional<mesh::Mesh> load_mesh_or_explain(const std::string& path) {
  auto loaded = mesh::load_mesh(path);
  if (loaded) return std::move(loaded->mesh);
  print(loaded.error());
  return std::nullopt;
}

std::optional<kube::Kubeconfig> load_kubeconfig_or_explain(const std::string& flag) {
  auto config = kube::load_kubeconfig(kube::kubeconfig_source(flag));
  if (config) return std::move(*config);
  print(config.error());
  return std::nullopt;
}

void add_kubeconfig(CLI::App& command, std::string& flag) {
  command
      .add_option("--kubeconfig", flag,
                  "Read this kubeconfig alone; by default those of $KUBECONFIG, or ~/.kube/config")
      ->type_name("FILE");
}

}  // namespace meshdrill::cli
