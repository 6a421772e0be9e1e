#include "mesh/render.hpp"

#include "base/yaml_writer.hpp"
#include "mesh/render_parts.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

constexpr std::string_view origin =
    "# Written by meshdrill from the mesh file; change that one and generate again.\n";

RenderedFile values_file(std::string path, std::string_view purpose, boost::json::object values) {
  return {std::move(path), fmt::format("{}# {}\n{}", origin, purpose, to_yaml(std::move(values)))};
}

RenderedFile manifest_file(std::string path, const std::vector<boost::json::object>& objects) {
  std::string content{origin};
  for (const boost::json::object& item : objects) {
    if (content.size() > origin.size()) content += "---\n";
    content += to_yaml(item);
  }
  return {std::move(path), std::move(content)};
}

}  // namespace

std::string enable_path(const Cluster& cluster) {
  return cluster.name + "/helm/cilium-enable.yaml";
}

std::string connect_path(const Cluster& cluster) {
  return cluster.name + "/helm/cilium-connect.yaml";
}

std::string ingress_values_path(const Cluster& cluster) {
  return cluster.name + "/helm/ingress-nginx.yaml";
}

std::string manifests_folder(const Cluster& cluster) {
  return cluster.name + "/manifests/";
}

std::vector<RenderedFile> render_cluster(const Mesh& mesh, const Cluster& cluster) {
  std::vector<RenderedFile> files;
  files.push_back(
      values_file(enable_path(cluster),
                  fmt::format("Cilium {} in {}, phase 1: its identity.", mesh.cilium.version, cluster.name),
                  enable_values(mesh, cluster)));
  if (connectable(mesh)) {
    files.push_back(
        values_file(connect_path(cluster),
                    fmt::format("Cilium {} in {}, phase 2: its peers. Needs the values of phase 1 before it.",
                                mesh.cilium.version, cluster.name),
                    connect_values(mesh, cluster)));
  }
  if (mesh.ingress) {
    files.push_back(values_file(ingress_values_path(cluster),
                                fmt::format("ingress-nginx in {}.", cluster.name), ingress_values(mesh)));
  }
  // `kubectl apply -f FOLDER` goes by name, so the names begin with their place.
  const std::string folder = manifests_folder(cluster);
  const auto namespaces = namespace_manifests(mesh);
  if (!namespaces.empty()) files.push_back(manifest_file(folder + "1-namespaces.yaml", namespaces));
  for (const GlobalService& service : mesh.services) {
    files.push_back(
        manifest_file(fmt::format("{}2-service-{}.{}.yaml", folder, service.kube_namespace, service.name),
                      service_manifests(service, cluster)));
  }
  const auto ingress = ingress_manifests(mesh);
  if (!ingress.empty()) files.push_back(manifest_file(folder + "3-ingress.yaml", ingress));
  return files;
}

std::vector<RenderedFile> render(const Mesh& mesh) {
  std::vector<RenderedFile> files;
  files.push_back({"README.md", render_readme(mesh)});
  // What step 2 of the README makes must not end up in a repository with the rest.
  files.push_back({".gitignore", "ca.key\nca-values.yaml\n"});
  for (const Cluster& cluster : mesh.clusters) {
    for (RenderedFile& file : render_cluster(mesh, cluster)) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace meshdrill::mesh
