#include "status/ways_in.hpp"

#include <algorithm>

namespace meshdrill::status {

bool is_shared(const std::vector<LiveCluster>& clusters, const WayIn& way) {
  return std::ranges::any_of(clusters, [&](const LiveCluster& cluster) {
    const bool exported = std::ranges::count(cluster.exports, way.service, &McsView::key) > 0;
    return (way.imported && exported) || std::ranges::any_of(cluster.services, [&](const ServiceView& one) {
             return one.global && one.key == way.service;
           });
  });
}

WaysIn shared_ways(const LiveMesh& mesh) {
  WaysIn ways;
  for (const LiveCluster& cluster : mesh.clusters) {
    for (const WayIn& way : cluster.ways_in) {
      if (is_shared(mesh.clusters, way)) ways[{way.host, way.service}].emplace_back(&cluster, &way);
    }
  }
  return ways;
}

}  // namespace meshdrill::status
