// A cluster of the mesh file together with the client that reaches it.
#pragma once

#include "base/diagnostic.hpp"
#include "kube/client.hpp"
#include "kube/kubeconfig.hpp"
#include "mesh/model.hpp"

#include <memory>
#include <string>
#include <vector>

namespace meshdrill::drill {

struct Cluster {
  std::string name;     // of the mesh file; messages of its client say it too
  std::string context;  // of the kubeconfig
  std::vector<IpAddress> ingress;
  std::unique_ptr<kube::Client> client;
};

// One client a cluster, in the order of the names, so that everybody takes locks in the same order. Contacts
// nobody. What the kubeconfig says that a user should see (a certificate check that is off) is added to
// `notes`.
Checked<std::vector<Cluster>> open_clusters(Executor executor, const mesh::Mesh& mesh,
                                            const kube::Kubeconfig& kubeconfig, Diagnostics& notes);

}  // namespace meshdrill::drill
