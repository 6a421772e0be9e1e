// One cluster of a lab: its objects, its API, its controllers, its data plane and its ingress. Everything on
// the lab's one thread.
#pragma once

#include "base/result.hpp"
#include "lab/cilium/agent_view.hpp"
#include "lab/cilium/cilium_objects.hpp"
#include "lab/controllers/cluster_objects.hpp"
#include "lab/faults.hpp"
#include "lab/kubeconfig_writer.hpp"
#include "lab/lab.hpp"
#include "lab/net/address_block.hpp"
#include "lab/net/cluster_mesh.hpp"
#include "lab/net/data_plane.hpp"
#include "lab/net/ingress_proxy.hpp"
#include "lab/net/pod_network.hpp"

#include <memory>
#include <string>

namespace meshdrill::lab {

// What the clusters of one lab have in common. Outlives them.
struct LabGround {
  Executor executor;
  const AddressBlock& block;
  PodNetwork& network;
  ClusterMesh& mesh;
  Random& random;
  LabTimings timings;
  bool endpoint_slice_sync = false;
  ClusterStores stores{};  // every cluster's, entered as it is made
};

class EmbeddedCluster {
 public:
  // `index` counts from 1. Joins the mesh.
  EmbeddedCluster(LabGround& ground, int index, ClusterFacts facts, std::string context);
  ~EmbeddedCluster();

  // Makes the certificates, starts the API, writes the initial objects, and serves the ingress on `ingress`.
  Result<> start(TcpAcceptor ingress);
  // Ends everything. The context must run once more before this object may go.
  void shutdown();

  // Writes Cilium's own objects, once the addresses of all clusters are known. `cluster` is this one.
  Result<> install_cilium(const mesh::Mesh& mesh, const mesh::Cluster& cluster, const CiliumTrust& trust);

  // As the API server takes it from `kubectl apply --server-side`.
  Result<> apply(const Object& object);

  // For a fault that is not DNS'. Setting what is set, and clearing what is not, does nothing.
  Result<> set_fault(const Fault& fault);
  Result<> clear_fault(FaultKind kind);
  // False once a fault that ends by itself has ended.
  [[nodiscard]] bool fault_holds(FaultKind kind) const;

  [[nodiscard]] const ClusterFacts& facts() const;
  [[nodiscard]] const KubeconfigEntry& kubeconfig() const;  // once started
  // Pods of workloads that are ready and not terminating; the ingress controller's own and Cilium's are left
  // out.
  [[nodiscard]] std::size_t ready_pods() const;
  // Whether every Deployment, StatefulSet and DaemonSet has the ready Pods that it asks for, and no others.
  [[nodiscard]] bool settled() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshdrill::lab
