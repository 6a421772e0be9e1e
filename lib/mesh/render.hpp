// Turns an allocated mesh (load.hpp) into everything that is installed: Helm values, manifests, and a README
// with the commands in their order. Pure: no files, no clock.
//
// Precondition of all: every cluster has its ID, Pod CIDRs and port, and the Cilium version is known.
#pragma once

#include "mesh/model.hpp"

#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::mesh {

struct RenderedFile {
  std::string path;  // relative, with '/'; unique within a tree
  std::string content;
  unsigned mode = 0644;
};

// Helm values of the Cilium chart. Phase 1 (enable) gives the cluster its identity, its Pods' addresses and
// its clustermesh-apiserver; phase 2 (connect) names the peers. Phase 2 is given to Helm after phase 1, and
// only when connectable(mesh).
boost::json::object enable_values(const Mesh& mesh, const Cluster& cluster);
boost::json::object connect_values(const Mesh& mesh, const Cluster& cluster);

// Helm values of the ingress-nginx chart. Precondition: mesh.ingress.
boost::json::object ingress_values(const Mesh& mesh);

// Every Kubernetes object of one cluster in the order in which to apply them: Namespaces, then for each
// global Service its ConfigMap, Service and Deployment, then the Ingress.
std::vector<boost::json::object> manifests(const Mesh& mesh, const Cluster& cluster);

// The files of one cluster, below "<cluster>/": helm/*.yaml and manifests/*.yaml.
std::vector<RenderedFile> render_cluster(const Mesh& mesh, const Cluster& cluster);

// README.md: the exact commands, in order, with the contexts filled in.
std::string render_readme(const Mesh& mesh);

// The whole tree: README.md and every cluster's files.
std::vector<RenderedFile> render(const Mesh& mesh);

}  // namespace meshdrill::mesh
