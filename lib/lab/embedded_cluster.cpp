#include "base/certificates.hpp"
#include "lab/controllers/workloads_settled.hpp"
#include "lab/embedded_cluster_state.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr auto authority_validity = std::chrono::hours(24 * 30);
constexpr std::string_view field_manager = "meshdrill-lab";

}  // namespace

EmbeddedCluster::State::State(LabGround& ground_, int index_, ClusterFacts facts_, std::string context)
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

DataPlane& EmbeddedCluster::State::data_plane() {
  ground.mesh.join(facts.name, ground.timings.propagation, [this](const ObjectKey& service) {
    agent->remote_changed(service);
    if (slice_sync) slice_sync->remote_changed(service);
  });
  agent = std::make_unique<DataPlane>(ground.executor, store, ground.mesh, facts.name, ground.random);
  return *agent;
}

Result<> EmbeddedCluster::State::serve_ingress() {
  if (ingress_present && !ingress_down) return ingress.reopen();
  ingress.close();
  return {};
}

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

EmbeddedCluster::EmbeddedCluster(LabGround& ground, int index, ClusterFacts facts, std::string context)
    : state_(std::make_unique<State>(ground, index, std::move(facts), std::move(context))) {}

EmbeddedCluster::~EmbeddedCluster() = default;

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
  return workloads_settled(state_->store);
}

}  // namespace meshdrill::lab
