#include "mesh/trust/server_names.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

constexpr std::string_view default_domain = "mesh.cilium.io";

// A wildcard stands for exactly one label.
bool covered(std::string_view name, std::string_view domain) {
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && name.substr(dot + 1) == domain;
}

std::string service_name(const Mesh& mesh) {
  return fmt::format("clustermesh-apiserver.{}.svc", mesh.cilium.kube_namespace);
}

}  // namespace

std::vector<std::string> extra_server_names(const Mesh& mesh, const Cluster& cluster) {
  std::vector<std::string> names;
  if (mesh.cilium.domain != default_domain) names.push_back("*." + mesh.cilium.domain);
  const std::string& address = cluster.apiserver.address;
  if (!address.empty() && !covered(address, mesh.cilium.domain) && !covered(address, default_domain)) {
    names.push_back(address);
  }
  return names;
}

std::string server_common_name(const Mesh& mesh, const CiliumMinor& minor) {
  return minor.server_common_name.empty() ? service_name(mesh) : std::string{minor.server_common_name};
}

std::vector<std::string> server_names(const Mesh& mesh, const Cluster& cluster, const CiliumMinor& minor) {
  std::vector<std::string> names;
  const auto add = [&](std::string name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  };
  add(server_common_name(mesh, minor));
  add(fmt::format("*.{}", default_domain));
  add(service_name(mesh));
  for (std::string& name : extra_server_names(mesh, cluster)) add(std::move(name));
  return names;
}

}  // namespace meshdrill::mesh
