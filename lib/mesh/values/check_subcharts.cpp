#include "base/text.hpp"
#include "mesh/values/rules.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

std::string place_of(const ClusterValues& cluster) {
  return cluster.subchart.empty() ? "at the top" : "under " + printable(cluster.subchart);
}

}  // namespace

// Each cluster's chart may have a key of its own, but it is hardly meant: Helm drops what stands under a
// wrong one, and installs Cilium with its defaults.
void check_subcharts(const MeshValues& mesh, Findings& found) {
  if (mesh.clusters.empty()) return;
  const ClusterValues& first = mesh.clusters.front();
  for (const ClusterValues& cluster : mesh.clusters) {
    if (cluster.subchart == first.subchart) continue;
    // A plain chart beside an umbrella chart may well be meant; two keys hardly.
    if (cluster.subchart.empty() || first.subchart.empty()) {
      found.note("subchart-differs", cluster.cilium.where,
                 fmt::format("Cilium's values stand {} here and {} in {}", place_of(cluster), place_of(first),
                             first.label()));
      continue;
    }
    const std::string near = closest(cluster.subchart, {std::string_view{first.subchart}});
    found.warning(
        "subchart-differs", cluster.cilium.where,
        fmt::format("Cilium's values stand {} here and {} in {}: Helm drops them where its chart has "
                    "another key",
                    place_of(cluster), place_of(first), first.label()),
        near.empty() ? "Use one key in all, or check the clusters of each chart by themselves."
                     : fmt::format("Did you mean {}?", printable(near)));
  }
}

}  // namespace meshdrill::mesh::values
