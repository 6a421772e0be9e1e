#include "mesh/allocate/file_numbers.hpp"

namespace meshdrill::mesh {
namespace {

std::vector<NamedPrefix> explicit_prefixes(const Mesh& mesh, bool pods_alone) {
  std::vector<NamedPrefix> prefixes;
  for (const Cluster& cluster : mesh.clusters) {
    for (const LocatedPrefix& item : cluster.pod_cidrs) {
      prefixes.push_back({item.prefix, item.where, cluster.name});
    }
    if (pods_alone) continue;
    for (const auto* list : {&cluster.node_cidrs, &cluster.service_cidrs}) {
      for (const LocatedPrefix& item : *list) prefixes.push_back({item.prefix, item.where, cluster.name});
    }
    for (const auto* list : {&cluster.nodes, &cluster.apiserver.ips, &cluster.ingress}) {
      for (const LocatedAddress& item : *list) {
        prefixes.push_back({{item.address, width(item.address.family)}, item.where, cluster.name});
      }
    }
  }
  if (pods_alone) return prefixes;
  for (const NamedNetwork& network : mesh.networks) {
    prefixes.push_back({network.prefix, network.where, network.name});
  }
  return prefixes;
}

}  // namespace

FileNumbers::FileNumbers(const Mesh& mesh)
    : pods(explicit_prefixes(mesh, true)), networks(explicit_prefixes(mesh, false)) {
  for (const Cluster& cluster : mesh.clusters) {
    if (cluster.id) ids.emplace(*cluster.id, &cluster);
  }
}

}  // namespace meshdrill::mesh
