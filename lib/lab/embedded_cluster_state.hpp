// What one cluster of a lab is made of. Internal to embedded_cluster.cpp and embedded_cluster_faults.cpp
// (what is made to go wrong in it).
#pragma once

#include "lab/api/api_server.hpp"
#include "lab/controllers/annotation_fault.hpp"
#include "lab/controllers/daemon_set_controller.hpp"
#include "lab/controllers/deployment_controller.hpp"
#include "lab/controllers/endpoint_slice_controller.hpp"
#include "lab/controllers/ingress_status.hpp"
#include "lab/controllers/kubelet.hpp"
#include "lab/controllers/pod_presence.hpp"
#include "lab/controllers/replica_set_controller.hpp"
#include "lab/controllers/self_heal.hpp"
#include "lab/controllers/slice_sync.hpp"
#include "lab/controllers/stateful_set_controller.hpp"
#include "lab/embedded_cluster.hpp"

#include <memory>
#include <string>

namespace meshdrill::lab {

struct EmbeddedCluster::State {
  State(LabGround& ground_, int index_, ClusterFacts facts_, std::string context);

  // The mesh tells the data plane about other clusters, so both are made together, before what uses them.
  DataPlane& data_plane();
  Result<> start_api();
  // Listens at the ingress address, or does not, as the controller's Pods and the fault say.
  Result<> serve_ingress();

  // embedded_cluster_faults.cpp

  // For faults that are not the API's; `on` false clears.
  Result<> switch_fault(const Fault& fault, bool on);
  // What RBAC would refuse, beginning or ending now.
  void refuse(FaultKind kind, bool from_now_on);

  LabGround& ground;
  int index;
  ClusterFacts facts;
  KubeconfigEntry kubeconfig;
  ObjectStore store;
  Kubelet kubelet;
  DeploymentController deployments;
  ReplicaSetController replica_sets;
  StatefulSetController stateful_sets;
  DaemonSetController daemon_sets;
  EndpointSliceController endpoint_slices;
  IngressStatus ingress_status;
  std::unique_ptr<SliceSync> slice_sync;  // only with clustermesh.enableEndpointSliceSynchronization
  std::unique_ptr<DataPlane> agent;
  IngressProxy ingress;
  bool ingress_present = true;
  bool ingress_down = false;
  PodPresence ingress_pods;
  PodPresence mesh_pods;
  bool exec_refused = false;
  bool secrets_refused = false;
  AgentView agent_view{store, ground.stores};
  AnnotationFault not_global;
  AnnotationFault no_service_upstream;
  SelfHeal self_heal;
  std::unique_ptr<ApiServer> api;
};

}  // namespace meshdrill::lab
