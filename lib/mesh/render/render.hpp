// Turns an allocated mesh (load.hpp) and its certificates (trust/trust_files.hpp) into everything that is
// installed: Helm values, manifests, DNS records, and a README with the commands in their order. Pure: no
// files, no clock.
//
// Precondition of all: every cluster has its ID, Pod CIDRs and port, and its Cilium version is known.
#pragma once

#include "mesh/model.hpp"
#include "mesh/trust/trust_material.hpp"

#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::mesh {

struct RenderedFile {
  std::string path;  // relative, with '/'; unique within a tree
  std::string content;
  unsigned mode = 0644;  // 0600: holds secrets, which are neither shown nor compared in public
};

// Helm values of the Cilium chart, phase 1: a cluster's identity, its Pods' addresses and its
// clustermesh-apiserver. Phase 2, its peers, is in render_peers.hpp.
boost::json::object enable_values(const Mesh& mesh, const Cluster& cluster);

// Helm values of the ingress-nginx chart.
boost::json::object nginx_values(const Ingress& ingress);

// Every Kubernetes object of one cluster in the order in which to apply them: Namespaces, then for each
// global Service its ConfigMap, Service, ServiceExport and Deployment, then the Ingress or the Gateway.
std::vector<boost::json::object> manifests(const Mesh& mesh, const Cluster& cluster);

// Whether phase 2 can be written: all clusters can be told where their peers are, and by what to trust them.
bool connectable(const Mesh& mesh, const TrustMaterial& material);

// The records of the ingress's DNS name, below "dns/": for a zone file, for nsupdate and for external-dns.
// Empty as long as no cluster names an address.
std::vector<RenderedFile> render_dns(const Mesh& mesh);

// README.md: the exact commands, in order, with the contexts filled in.
std::string render_readme(const Mesh& mesh, const TrustMaterial& material);

// The whole tree: README.md and every cluster's files.
std::vector<RenderedFile> render(const Mesh& mesh, const TrustMaterial& material);

}  // namespace meshdrill::mesh
