#include "lab/embedded_cluster.hpp"

#include "base/certificates.hpp"
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

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr auto authority_validity = std::chrono::hours(24 * 30);
constexpr std::string_view field_manager = "meshdrill-lab";

// The API's own faults; nothing for the others.
std::optional<ApiFault> api_fault(const Fault& wanted) {
  ApiFault fault;
  fault.count = wanted.count;
  fault.resource = wanted.resource;
  switch (wanted.kind) {
    case FaultKind::api_429:
      fault.kind = ApiFault::Kind::too_many_requests;
      return fault;
    case FaultKind::api_500:
      fault.kind = ApiFault::Kind::internal_error;
      return fault;
    case FaultKind::api_close:
      fault.kind = ApiFault::Kind::close;
      return fault;
    case FaultKind::api_401:
      fault.kind = ApiFault::Kind::unauthorized;
      return fault;
    case FaultKind::api_latency:
      fault.kind = ApiFault::Kind::latency;
      fault.delay = wanted.value;
      return fault;
    case FaultKind::lost_answer:
      fault.kind = ApiFault::Kind::lost_answer;
      return fault;
    case FaultKind::conflict:
      fault.kind = ApiFault::Kind::conflict;
      return fault;
    case FaultKind::refused_writes:
      fault.kind = ApiFault::Kind::refused;
      return fault;
    case FaultKind::expired_watches:
      fault.kind = ApiFault::Kind::expired_watch;
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
        stateful_sets(ground_.executor, store),
        daemon_sets(ground_.executor, store),
        endpoint_slices(ground_.executor, store),
        ingress_status(ground_.executor, store, facts.ingress_class, facts.ingress_address),
        ingress(ground_.executor, store, data_plane(), ground_.network,
                {facts.ingress_class, ground_.timings.connect_timeout, ground_.timings.read_timeout}),
        ingress_pods(ground_.executor, store, facts.ingress_namespace, ingress_controller_labels(),
                     [this](bool present) {
                       ingress_present = present;
                       // The address is the lab's alone, so that it can be had again.
                       static_cast<void>(serve_ingress());
                     }),
        mesh_pods(ground_.executor, store, facts.cilium_namespace, mesh_apiserver_labels(),
                  [this](bool present) { ground.mesh.set_connected(facts.name, present); }),
        not_global(store, "services", {"service.cilium.io/global", "io.cilium/global-service"}),
        no_service_upstream(store, "ingresses", {"nginx.ingress.kubernetes.io/service-upstream"}),
        self_heal(ground_.executor, store) {
    kubeconfig.context = std::move(context);
    ground.stores[facts.name] = &store;
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
  // Listens at the ingress address, or does not, as the controller's Pods and the fault say.
  Result<> serve_ingress() {
    if (ingress_present && !ingress_down) return ingress.reopen();
    ingress.close();
    return {};
  }
  // For faults that are not the API's; `on` false clears.
  Result<> switch_fault(const Fault& fault, bool on);

  // What RBAC would refuse, beginning or ending now.
  void refuse(FaultKind kind, bool from_now_on) {
    (kind == FaultKind::exec_refused ? exec_refused : secrets_refused) = from_now_on;
    AccessRules& access = api->handler().access();
    access.allow_all();
    if (exec_refused) access.deny({.user = {}, .verb = {}, .resource = "pods/exec", .ns = {}});
    if (secrets_refused) access.deny({.user = {}, .verb = {}, .resource = "secrets", .ns = {}});
  }

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
  api->handler().set_pod_access(agent_view);
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

Result<> EmbeddedCluster::install_cilium(const mesh::Mesh& mesh, const mesh::Cluster& cluster,
                                         const CiliumTrust& trust) {
  for (const Object& object :
       cilium_objects(mesh, cluster, state_->facts, trust, state_->ground.endpoint_slice_sync)) {
    if (auto applied = apply(object); !applied) return applied;
  }
  write_cilium_statuses(state_->store, mesh, cluster);
  return {};
}

void EmbeddedCluster::shutdown() {
  state_->ingress_down = true;
  state_->self_heal.set(std::nullopt);
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

Result<> EmbeddedCluster::set_fault(const Fault& fault) {
  auto of_api = api_fault(fault);
  if (!of_api) return state_->switch_fault(fault, true);
  // One of a kind at a time, as the list of faults has it.
  state_->api->faults().clear(of_api->kind);
  state_->api->faults().set(std::move(*of_api));
  if (fault.kind == FaultKind::expired_watches) state_->api->expire_watches();
  return {};
}

Result<> EmbeddedCluster::clear_fault(FaultKind kind) {
  const Fault fault{.kind = kind, .cluster = {}, .resource = {}};
  const auto of_api = api_fault(fault);
  if (!of_api) return state_->switch_fault(fault, false);
  state_->api->faults().clear(of_api->kind);
  return {};
}

Result<> EmbeddedCluster::State::switch_fault(const Fault& fault, bool on) {
  using Balance = DataPlane::Balance;
  switch (fault.kind) {
    case FaultKind::propagation_delay:
      ground.mesh.set_delay(facts.name, on ? fault.value : ground.timings.propagation);
      break;
    case FaultKind::stale_backends:
      agent->keep_stale(on);
      break;
    case FaultKind::not_global:
      not_global.set(on);
      break;
    case FaultKind::no_service_upstream:
      no_service_upstream.set(on);
      break;
    case FaultKind::ingress_down:
      ingress_down = on;
      return serve_ingress();
    case FaultKind::sticky_balancer:
      agent->set_balance(on ? Balance::sticky : Balance::even);
      break;
    case FaultKind::skewed_balancer:
      agent->set_balance(on ? Balance::skewed : Balance::even);
      break;
    case FaultKind::slow_pods:
      kubelet.slow_down(on ? fault.value : Duration::zero());
      break;
    case FaultKind::capacity:
      kubelet.limit_capacity(on ? fault.count : 0);
      break;
    case FaultKind::flapping_backend:
      kubelet.flap(on);
      break;
    case FaultKind::self_heal:
      self_heal.set(on ? std::optional(fault.value) : std::nullopt);
      break;
    case FaultKind::clock_skew:
      api->set_clock_skew(on ? fault.value : Duration::zero());
      break;
    case FaultKind::exec_refused:
    case FaultKind::secrets_refused:
      refuse(fault.kind, on);
      break;
    case FaultKind::peer_not_connected:
      agent_view.disconnect(on);
      break;
    default:
      return fail(fmt::format("fault {} is not one of a cluster", info_of(fault.kind).name));
  }
  return {};
}

bool EmbeddedCluster::fault_holds(FaultKind kind) const {
  const auto fault = api_fault({.kind = kind, .cluster = {}, .resource = {}});
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
    const auto ns = namespace_of(*pod);
    if (ns == state_->facts.ingress_namespace || ns == state_->facts.cilium_namespace) continue;
    if (!being_deleted(*pod) && condition_true(*pod, "Ready")) ++ready;
  }
  return ready;
}

bool EmbeddedCluster::settled() const {
  for (const ObjectPtr& set : state_->store.list("daemonsets")) {
    const auto count = [&](std::string_view name) { return integer_at(*set, {"status", name}).value_or(0); };
    const std::int64_t wanted = count("desiredNumberScheduled");
    const std::int64_t generation = integer_at(*set, {"metadata", "generation"}).value_or(0);
    if (count("observedGeneration") != generation || count("updatedNumberScheduled") != wanted ||
        count("numberReady") != wanted) {
      return false;
    }
  }
  for (const std::string_view type : {"deployments", "statefulsets"}) {
    for (const ObjectPtr& workload : state_->store.list(type)) {
      const auto count = [&](std::string_view name) {
        return integer_at(*workload, {"status", name}).value_or(0);
      };
      const std::int64_t wanted = integer_at(*workload, {"spec", "replicas"}).value_or(1);
      const std::int64_t generation = integer_at(*workload, {"metadata", "generation"}).value_or(0);
      if (count("observedGeneration") != generation || count("replicas") != wanted ||
          count("updatedReplicas") != wanted || count("availableReplicas") != wanted) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace meshdrill::lab
