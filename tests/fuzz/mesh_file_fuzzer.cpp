#include "fuzz.hpp"
#include "mesh/load.hpp"

using namespace meshdrill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto loaded = mesh::load_mesh_text(fuzz::as_text(data, size), "mesh.yaml");
  if (!loaded) {
    fuzz::demand_sound(loaded.error(), true);
    return 0;
  }
  fuzz::demand_sound(loaded->findings, false);
  fuzz::demand(!has_errors(loaded->findings), "a mesh that is taken has no errors");
  for (const mesh::Cluster& cluster : loaded->mesh.clusters) {
    fuzz::demand(cluster.id.has_value(), "every cluster has an ID");
    fuzz::demand(*cluster.id >= 1 && *cluster.id <= loaded->mesh.cilium.max_connected_clusters,
                 "IDs are in range");
  }
  return 0;
}
