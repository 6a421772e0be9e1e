#include "status/checks.hpp"

#include <algorithm>

namespace meshdrill::status {

const LiveCluster* LiveMesh::named(std::string_view name) const {
  const auto found =
      std::ranges::find_if(clusters, [&](const LiveCluster& cluster) { return cluster.name() == name; });
  return found == clusters.end() ? nullptr : &*found;
}

std::vector<Finding> check_mesh(const LiveMesh& mesh) {
  Found found;
  check_readable(mesh, found);
  check_clusters(mesh, found);
  check_agreement(mesh, found);
  check_trust(mesh, found);
  check_peers(mesh, found);
  check_connections(mesh, found);
  check_services(mesh, found);
  check_mcs(mesh, found);
  check_way_in(mesh, found);
  check_dns(mesh, found);
  check_drift(mesh, found);
  return found.take();
}

Outcome outcome_of(const std::vector<Finding>& findings) {
  const auto has = [&](Level level) { return std::ranges::count(findings, level, &Finding::level) > 0; };
  if (has(Level::error)) return Outcome::unhealthy;
  return has(Level::unknown) ? Outcome::unknown : Outcome::healthy;
}

}  // namespace meshdrill::status
