#include "lab/embedded_cluster.hpp"

#include "base/certificates.hpp"
#include "lab/api/api_server.hpp"
#include "lab/controllers/annotation_fault.hpp"
#include "lab/controllers/deployment_controller.hpp"
#include "lab/controllers/endpoint_slice_controller.hpp"
#include "lab/controllers/ingress_status.hpp"
#include "lab/controllers/kubelet.hpp"
#include "lab/controllers/replica_set_controller.hpp"
#include "lab/controllers/slice_sync.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr auto authority_validity = std::chrono::hours(24 * 30);
constexpr std::string_view field_manager = "meshdrill-lab";

// The API's own faults; nothing for the others.
std::optional<ApiFault> api_fault(FaultKind kind) {
  ApiFault fault;
  switch (kind) {
    case FaultKind::api_429:
      fault.kind = ApiFault::Kind::too_many_requests;
      return fault;
    case FaultKind::api_500:
      fault.kind = ApiFault::Kind::internal_error;
      return fault;
    case FaultKind::api_close:
      fault.kind = ApiFault::Kind::close;
      return fault;
    case FaultKind::lost_answer:
      fault.kind = ApiFault::Kind::lost_answer;
      fault.count = 1;
      // Somebody always renews a Lease; the write whose loss matters to a drill is the scaling.
      fault.resource = "deployments/scale";
      return fault;
    default:
      return std::nullopt;
  }
}

}  // namespace

struct EmbeddedCluster::State {
  State(LabGround& ground_, int index_, ClusterFacts facts_, std::string context)
      : ground(ground_),
        index(index_),
        facts(std::move(facts_)),
        kubelet(ground_.executor, store, ground_.network, ground_.block, index_,
                {ground_.timings.pod_start, ground_.timings.pod_grace}),
        deployments(ground_.executor, store),
        replica_sets(ground_.executor, store),
        endpoint_slices(ground_.executor, store),
        ingress_status(ground_.executor, store, facts.ingress_class, facts.ingress_address),
        ingress(ground_.executor, store, data_plane(), ground_.network,
                {facts.ingress_class, ground_.timings.connect_timeout, ground_.timings.read_timeout}),
        not_global(store, "services", {"service.cilium.io/global", "io.cilium/global-service"}),
        no_service_upstream(store, "ingresses", {"nginx.ingress.kubernetes.io/service-upstream"}) {
    kubeconfig.context = std::move(context);
    if (ground.endpoint_slice_sync) {
      slice_sync = std::make_unique<SliceSync>(ground.executor, store, ground.mesh, facts.name);
    }
  }

  // The mesh tells the data plane about other clusters, so both are made together, before what uses them.
  DataPlane& data_plane() {
    ground.mesh.join(facts.name, ground.timings.propagation, [this](const ObjectKey& service) {
      agent->remote_changed(service);
      if (slice_sync) slice_sync->remote_changed(service);
    });
    agent = std::make_unique<DataPlane>(ground.executor, store, ground.mesh, facts.name, ground.random);
    return *agent;
  }

  Result<> start_api();

  LabGround& ground;
  int index;
  ClusterFacts facts;
  KubeconfigEntry kubeconfig;
  ObjectStore store;
  Kubelet kubelet;
  DeploymentController deployments;
  ReplicaSetController replica_sets;
  EndpointSliceController endpoint_slices;
  IngressStatus ingress_status;
  std::unique_ptr<SliceSync> slice_sync;  // only with clustermesh.enableEndpointSliceSynchronization
  std::unique_ptr<DataPlane> agent;
  IngressProxy ingress;
  AnnotationFault not_global;
  AnnotationFault no_service_upstream;
  std::unique_ptr<ApiServer> api;
};

EmbeddedCluster::EmbeddedCluster(LabGround& ground, int index, ClusterFacts facts, std::string context)
    : state_(std::make_unique<State>(ground, index, std::move(facts), std::move(context))) {}

EmbeddedCluster::~EmbeddedCluster() = default;

Result<> EmbeddedCluster::State::start_api() {
  const std::string address = ground.block.api(index).to_string();
  const auto authority = make_authority(facts.name + "-ca", authority_validity);
  if (!authority) return tl::unexpected(authority.error());
  const auto server = issue_certificate(*authority, {.common_name = "kube-apiserver",
                                                     .organization = {},
                                                     .dns_names = {"kubernetes", "kubernetes.default.svc"},
                                                     .ip_addresses = {address},
                                                     .server = true});
  if (!server) return tl::unexpected(server.error());
  auto client = issue_certificate(*authority, {.common_name = "kubernetes-admin",
                                               .organization = "system:masters",
                                               .dns_names = {},
                                               .ip_addresses = {},
                                               .client = true});
  if (!client) return tl::unexpected(client.error());
  ApiServerConfig config;
  config.endpoint = {ground.block.api(index), 0};
  config.certificate = *server;
  config.client_authority = authority->certificate;
  api = std::make_unique<ApiServer>(ground.executor, std::move(config), store);
  if (auto started = api->start(); !started) return started;
  kubeconfig.server = fmt::format("https://{}:{}", address, api->port());
  kubeconfig.authority = authority->certificate;
  kubeconfig.client = std::move(*client);
  return {};
}

Result<> EmbeddedCluster::start(TcpAcceptor ingress) {
  if (auto started = state_->start_api(); !started) return started;
  for (const Object& object : initial_objects(state_->facts)) {
    if (auto applied = apply(object); !applied) return applied;
  }
  write_statuses(state_->store, state_->facts);
  state_->ingress.serve(std::move(ingress));
  return {};
}

void EmbeddedCluster::shutdown() {
  if (state_->api) state_->api->stop();
  state_->ingress.close();
  state_->kubelet.shutdown();
}

Result<> EmbeddedCluster::apply(const Object& object) {
  const auto applied = state_->api->handler().apply(object, std::string(field_manager));
  if (applied) return {};
  return fail(fmt::format("cluster {}: cannot apply {} \"{}\": {}", state_->facts.name,
                          text_at(object, {"kind"}), name_of(object), applied.error().message));
}

void EmbeddedCluster::set_fault(FaultKind kind, Duration value) {
  if (auto fault = api_fault(kind)) {
    state_->api->faults().set(std::move(*fault));
  } else if (kind == FaultKind::propagation_delay) {
    state_->ground.mesh.set_delay(state_->facts.name, value);
  } else if (kind == FaultKind::stale_backends) {
    state_->agent->keep_stale(true);
  } else if (kind == FaultKind::not_global) {
    state_->not_global.set(true);
  } else if (kind == FaultKind::no_service_upstream) {
    state_->no_service_upstream.set(true);
  } else if (kind == FaultKind::ingress_down) {
    state_->ingress.close();
  }
}

Result<> EmbeddedCluster::clear_fault(FaultKind kind) {
  if (const auto fault = api_fault(kind)) {
    state_->api->faults().clear(fault->kind);
  } else if (kind == FaultKind::propagation_delay) {
    state_->ground.mesh.set_delay(state_->facts.name, state_->ground.timings.propagation);
  } else if (kind == FaultKind::stale_backends) {
    state_->agent->keep_stale(false);
  } else if (kind == FaultKind::not_global) {
    state_->not_global.set(false);
  } else if (kind == FaultKind::no_service_upstream) {
    state_->no_service_upstream.set(false);
  } else if (kind == FaultKind::ingress_down) {
    return state_->ingress.reopen();
  }
  return {};
}

bool EmbeddedCluster::fault_holds(FaultKind kind) const {
  const auto fault = api_fault(kind);
  return !fault || state_->api->faults().holds(fault->kind);
}

const ClusterFacts& EmbeddedCluster::facts() const {
  return state_->facts;
}

const KubeconfigEntry& EmbeddedCluster::kubeconfig() const {
  return state_->kubeconfig;
}

std::size_t EmbeddedCluster::ready_pods() const {
  std::size_t ready = 0;
  for (const ObjectPtr& pod : state_->store.list("pods")) {
    if (namespace_of(*pod) == state_->facts.ingress_namespace) continue;
    if (!being_deleted(*pod) && condition_true(*pod, "Ready")) ++ready;
  }
  return ready;
}

bool EmbeddedCluster::settled() const {
  for (const ObjectPtr& deployment : state_->store.list("deployments")) {
    const auto count = [&](std::string_view name) {
      return integer_at(*deployment, {"status", name}).value_or(0);
    };
    const std::int64_t wanted = integer_at(*deployment, {"spec", "replicas"}).value_or(1);
    const std::int64_t generation = integer_at(*deployment, {"metadata", "generation"}).value_or(0);
    if (count("observedGeneration") != generation || count("replicas") != wanted ||
        count("updatedReplicas") != wanted || count("availableReplicas") != wanted) {
      return false;
    }
  }
  return true;
}

}  // namespace meshdrill::lab
