#include "drill/cluster.hpp"

#include <algorithm>

namespace meshdrill::drill {

Checked<std::vector<Cluster>> open_clusters(Executor executor, const mesh::Mesh& mesh,
                                            const kube::Kubeconfig& kubeconfig, Diagnostics& notes) {
  std::vector<Cluster> clusters;
  Diagnostics errors;
  for (const mesh::Cluster& member : mesh.clusters) {
    auto choice = kube::choose_context(kubeconfig, member.context);
    if (!choice) {
      errors.insert(errors.end(), choice.error().begin(), choice.error().end());
      continue;
    }
    notes.insert(notes.end(), choice->notes.begin(), choice->notes.end());
    choice->connection.name = member.name;
    Cluster cluster{member.name, member.context, {}, nullptr};
    for (const mesh::LocatedAddress& address : member.ingress) cluster.ingress.push_back(address.address);
    cluster.client = std::make_unique<kube::Client>(executor, std::move(choice->connection));
    clusters.push_back(std::move(cluster));
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  std::sort(clusters.begin(), clusters.end(),
            [](const Cluster& a, const Cluster& b) { return a.name < b.name; });
  return clusters;
}

}  // namespace meshdrill::drill
