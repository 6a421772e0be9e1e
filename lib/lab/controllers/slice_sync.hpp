// Mirrors other clusters' backends into this cluster's API as EndpointSlices, for Services that ask for it
// (service.cilium.io/global-sync-endpoint-slices), as Cilium's operator does when
// clustermesh.enableEndpointSliceSynchronization is on.
#pragma once

#include "lab/api/work_queue.hpp"
#include "lab/net/cluster_mesh.hpp"

#include <string>

namespace meshdrill::lab {

class SliceSync {
 public:
  // All must outlive it.
  SliceSync(Executor executor, ObjectStore& store, ClusterMesh& mesh, std::string cluster);

  void remote_changed(const ObjectKey& service) { queue_.add(service); }

 private:
  void reconcile(const ObjectKey& key);
  void mirror(const Object& service, const std::string& source, const PortBackends& backends);

  ObjectStore& store_;
  ClusterMesh& mesh_;
  std::string cluster_;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
