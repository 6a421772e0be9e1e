#include "mesh/render/render.hpp"

#include "base/base64.hpp"
#include "base/yaml_writer.hpp"
#include "mesh/render/render_parts.hpp"
#include "mesh/render/render_peers.hpp"
#include "mesh/trust/kept_certificates.hpp"
#include "mesh/trust/secret_manifest.hpp"

#include <algorithm>
#include <unordered_map>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::string_view origin =
    "# Written by meshdrill from the mesh file; change that one and generate again.\n";
constexpr unsigned secret_mode = 0600;

std::string with_origin(std::string_view purpose, std::string_view yaml) {
  return fmt::format("{}# {}\n{}", origin, purpose, yaml);
}

// The files of all clusters. Most objects are the same in each of them, and are made into text once.
class Tree {
 public:
  Tree(const Mesh& mesh, const TrustMaterial& material) : mesh_(mesh), material_(material) {}

  std::vector<RenderedFile> render();

 private:
  void add(std::string path, std::string content, unsigned mode = 0644) {
    files_.push_back({std::move(path), std::move(content), mode});
  }

  void add_shared();
  void add_helm(const Cluster& cluster);
  void add_certificates(const Cluster& cluster);
  void add_manifests(const Cluster& cluster);
  // A file of `resources`, listed for the kustomization.
  void add_objects(const Cluster& cluster, const std::string& name, const std::vector<object>& objects,
                   array& resources);
  const std::string& yaml_of(const object& item);

  const Mesh& mesh_;
  const TrustMaterial& material_;
  std::vector<RenderedFile> files_;
  std::unordered_map<std::string, std::string> yaml_;  // by the object as JSON
};

const std::string& Tree::yaml_of(const object& item) {
  const auto [entry, fresh] = yaml_.try_emplace(boost::json::serialize(item));
  if (fresh) entry->second = to_yaml(item);
  return entry->second;
}

void Tree::add_shared() {
  add("README.md", render_readme(mesh_, material_));
  // What must not end up in a repository with the rest.
  add(".gitignore", "secrets/\n");
  for (RenderedFile& file : render_dns(mesh_)) files_.push_back(std::move(file));
  if (mesh_.trust.mode != Trust::Mode::shared_ca || issues_certificates(mesh_.trust)) return;
  const object ca{{"cert", encode_base64(material_.authority.certificate)},
                  {"key", encode_base64(material_.authority.key)}};
  add(std::string{ca_values_path},
      with_origin("The CA that the Cilium chart issues certificates from. Secret.",
                  to_yaml(nest(mesh_.cilium.values_key, {{"tls", object{{"ca", ca}}}}))),
      secret_mode);
}

void Tree::add_helm(const Cluster& cluster) {
  add(enable_path(cluster),
      with_origin(fmt::format("Cilium {} in {}, phase 1: its identity.", cluster.version, cluster.name),
                  to_yaml(enable_values(mesh_, cluster))));
  if (mesh_.ingress && mesh_.ingress->controller == Ingress::Controller::nginx) {
    add(ingress_values_path(cluster), with_origin(fmt::format("ingress-nginx in {}.", cluster.name),
                                                  yaml_of(nginx_values(*mesh_.ingress))));
  }
}

void Tree::add_certificates(const Cluster& cluster) {
  const auto found = material_.certificates.find(cluster.name);
  if (found == material_.certificates.end()) return;
  const TrustMaterial::Certificates& certificates = found->second;
  if (!certificates.kept_file.empty()) {
    return add(certificates_path(cluster), certificates.kept_file, secret_mode);
  }
  add(certificates_path(cluster),
      with_origin(fmt::format("Certificates of clustermesh-apiserver in {}. Secret.", cluster.name),
                  kept_comment(certificates.issued_for, certificates.renew_after) +
                      secrets_yaml(certificates.secrets, material_.authority.certificate,
                                   mesh_.cilium.kube_namespace)),
      secret_mode);
}

void Tree::add_objects(const Cluster& cluster, const std::string& name, const std::vector<object>& objects,
                       array& resources) {
  if (objects.empty()) return;
  std::string content{origin};
  for (const object& item : objects) {
    if (content.size() > origin.size()) content += "---\n";
    content += yaml_of(item);
  }
  resources.emplace_back("manifests/" + name);
  add(manifests_folder(cluster) + name, std::move(content));
}

void Tree::add_manifests(const Cluster& cluster) {
  // `kubectl apply -f FOLDER` goes by name, so the names begin with their place.
  array resources;
  add_objects(cluster, "1-namespaces.yaml", namespace_manifests(mesh_, cluster), resources);
  for (const GlobalService& service : mesh_.services) {
    add_objects(cluster, fmt::format("2-service-{}.{}.yaml", service.kube_namespace, service.name),
                service_manifests(service.in_cluster(cluster.name), cluster), resources);
  }
  const bool gateway = mesh_.ingress && mesh_.ingress->controller == Ingress::Controller::gateway;
  add_objects(cluster, gateway ? "3-gateway.yaml" : "3-ingress.yaml", ingress_manifests(mesh_), resources);
  if (resources.empty()) return;
  const object kustomization{{"apiVersion", "kustomize.config.k8s.io/v1beta1"},
                             {"kind", "Kustomization"},
                             {"resources", std::move(resources)}};
  add(cluster.name + "/kustomization.yaml", std::string{origin} + yaml_of(kustomization));
}

std::vector<RenderedFile> Tree::render() {
  add_shared();
  for (const Cluster& cluster : mesh_.clusters) {
    add_helm(cluster);
    add_certificates(cluster);
    add_manifests(cluster);
  }
  if (!connectable(mesh_, material_)) return std::move(files_);
  const PeerValues peers{mesh_, material_};
  const bool secret = mesh_.trust.mode == Trust::Mode::inlined;
  for (std::size_t i = 0; i < mesh_.clusters.size(); ++i) {
    const Cluster& cluster = mesh_.clusters[i];
    const std::string purpose =
        fmt::format("Cilium {} in {}, phase 2: its peers. Needs the values of phase 1 before it.{}",
                    cluster.version, cluster.name, secret ? " Secret." : "");
    add(connect_path(mesh_, cluster), with_origin(purpose, peers.of(i)), secret ? secret_mode : 0644);
  }
  return std::move(files_);
}

}  // namespace

std::string enable_path(const Cluster& cluster) {
  return cluster.name + "/helm/cilium-enable.yaml";
}

std::string connect_path(const Mesh& mesh, const Cluster& cluster) {
  const bool secret = mesh.trust.mode == Trust::Mode::inlined;
  return fmt::format("{}/{}/cilium-connect.yaml", cluster.name, secret ? "secrets" : "helm");
}

std::string ingress_values_path(const Cluster& cluster) {
  return cluster.name + "/helm/ingress-nginx.yaml";
}

std::string manifests_folder(const Cluster& cluster) {
  return cluster.name + "/manifests/";
}

std::string certificates_path(const Cluster& cluster) {
  return cluster.name + "/secrets/certificates.yaml";
}

bool connectable(const Mesh& mesh, const TrustMaterial& material) {
  if (!connectable(mesh)) return false;
  return mesh.trust.mode != Trust::Mode::inlined ||
         std::all_of(mesh.clusters.begin(), mesh.clusters.end(),
                     [&](const Cluster& cluster) { return material.peers.contains(cluster.name); });
}

std::vector<RenderedFile> render(const Mesh& mesh, const TrustMaterial& material) {
  return Tree{mesh, material}.render();
}

}  // namespace meshdrill::mesh
