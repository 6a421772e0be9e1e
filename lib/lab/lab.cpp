#include "lab/lab.hpp"

#include "lab/control_socket.hpp"
#include "lab/embedded_cluster.hpp"
#include "lab/lab_commands.hpp"
#include "lab/net/dns_server.hpp"
#include "lab/net/listening.hpp"
#include "mesh/render/render.hpp"
#include "mesh/trust/certificate_plan.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <optional>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr int nodes_per_cluster = 2;
constexpr int ingress_port_attempts = 20;
constexpr auto settle_poll = std::chrono::milliseconds(20);

// Listeners at every cluster's ingress address, all on one port, as one host name has only one: `wanted`, or
// a free one where that cannot be had.
Result<std::vector<TcpAcceptor>> listen_at_ingresses(Executor executor, const AddressBlock& block,
                                                     int clusters, int wanted) {
  auto port = static_cast<std::uint16_t>(wanted);
  error_code error;
  for (int attempt = 0; attempt < ingress_port_attempts; ++attempt) {
    std::vector<TcpAcceptor> acceptors;
    for (int cluster = 1; cluster <= clusters; ++cluster) {
      auto acceptor = listen_on(executor, {block.ingress(cluster), port});
      if (!acceptor) {
        error = acceptor.error();
        break;
      }
      port = acceptor->local_endpoint().port();
      acceptors.push_back(std::move(*acceptor));
    }
    if (acceptors.size() == static_cast<std::size_t>(clusters)) return acceptors;
    port = 0;
  }
  return fail(fmt::format("no port is free at all ingress addresses of the lab: {}", error.message()));
}

mesh::LocatedAddress located(const asio::ip::address_v4& address) {
  return {IpAddress{Family::ipv4, address.to_uint()}, {}};
}

}  // namespace

struct Lab::State {
  explicit State(LabOptions given) : options(std::move(given)), mesh(options.mesh) {}

  LabOptions options;
  mesh::Mesh mesh;
  std::vector<LabCluster> summaries;
  std::string kubeconfig;
  std::string dns_server;
  std::string url;

  asio::io_context context{1};
  std::optional<asio::executor_work_guard<Executor>> work;
  std::thread thread;
  Random random{std::random_device{}()};
  PodNetwork network;
  ClusterMesh cluster_mesh{context.get_executor()};
  std::optional<AddressBlock> block;
  std::optional<LabGround> ground;
  std::vector<std::unique_ptr<EmbeddedCluster>> clusters;
  std::unique_ptr<DnsServer> dns;
  std::unique_ptr<ControlSocket> control;
  std::map<std::pair<std::string, FaultKind>, Fault> faults;  // by cluster; those that were set

  // Runs `job` on the lab's thread and waits for what it returns. Without a thread there is nobody to race
  // with.
  template <class Job>
  auto on_thread(Job job) {
    if (!thread.joinable()) return job();
    std::packaged_task<decltype(job())()> task(std::move(job));
    auto result = task.get_future();
    asio::post(context, [&task] { task(); });
    return result.get();
  }

  Result<> prepare();
  Result<> make_clusters();
  Result<> install_cilium();
  Result<> apply_sample();
  Result<> start_dns();
  void shut_down();

  Result<> set_fault(const Fault& fault);
  Result<> clear_fault(FaultKind kind, const std::string& cluster);
  [[nodiscard]] std::vector<Fault> active_faults() const;
  [[nodiscard]] bool settled() const;
  // The clusters that a fault is for; an error when it names one that the lab has not.
  Result<std::vector<EmbeddedCluster*>> clusters_named(const std::string& name);
};

Result<> Lab::State::prepare() {
  if (!mesh.ingress || mesh.clusters.empty()) {
    return fail("a lab needs a mesh with clusters and an ingress, whose host its DNS server answers for");
  }
  if (mesh.clusters.size() > AddressBlock::max_clusters) {
    return fail(fmt::format("a lab has at most {} clusters, the mesh has {}", AddressBlock::max_clusters,
                            mesh.clusters.size()));
  }
  auto claimed = AddressBlock::claim(context.get_executor());
  if (!claimed) return tl::unexpected(claimed.error());
  block.emplace(std::move(*claimed));
  ground.emplace(LabGround{context.get_executor(), *block, network, cluster_mesh, random, options.timings,
                           options.endpoint_slice_sync || mesh::needs_endpoint_slice_sync(mesh)});
  if (auto made = make_clusters(); !made) return made;
  if (auto installed = install_cilium(); !installed) return installed;
  if (auto started = start_dns(); !started) return started;
  if (options.apply_sample) {
    if (auto applied = apply_sample(); !applied) return applied;
  }
  for (const Fault& fault : options.faults) {
    if (auto set = set_fault(fault); !set) return set;
  }
  return {};
}

Result<> Lab::State::make_clusters() {
  mesh::Ingress& ingress = *mesh.ingress;
  const int count = static_cast<int>(mesh.clusters.size());
  auto listeners = listen_at_ingresses(context.get_executor(), *block, count, ingress.port);
  if (!listeners) return tl::unexpected(listeners.error());
  ingress.port = listeners->front().local_endpoint().port();
  url = mesh::url(mesh);
  std::vector<KubeconfigEntry> entries;
  for (int index = 1; index <= count; ++index) {
    mesh::Cluster& cluster = mesh.clusters[static_cast<std::size_t>(index) - 1];
    cluster.ingress = {located(block->ingress(index))};
    if (!cluster.apiserver.reachable()) cluster.apiserver.ips = {located(block->node(index, 0))};
    ClusterFacts facts;
    facts.name = cluster.name;
    for (int node = 0; node < nodes_per_cluster; ++node) {
      facts.node_addresses.push_back(block->node(index, node).to_string());
    }
    facts.ingress_address = block->ingress(index).to_string();
    facts.ingress_port = ingress.port;
    facts.ingress_class = ingress.class_name;
    facts.ingress_namespace = ingress.kube_namespace;
    facts.cilium_namespace = mesh.cilium.kube_namespace;
    // How the chart names them: a release that has the chart's name in its own is not followed by it again.
    const bool named = ingress.release.find("ingress-nginx") != std::string::npos;
    facts.ingress_controller = ingress.release + (named ? "-controller" : "-ingress-nginx-controller");
    clusters.push_back(std::make_unique<EmbeddedCluster>(*ground, index, std::move(facts), cluster.context));
    auto started = clusters.back()->start(std::move((*listeners)[static_cast<std::size_t>(index) - 1]));
    if (!started) return started;
    const KubeconfigEntry& entry = clusters.back()->kubeconfig();
    entries.push_back(entry);
    summaries.push_back({cluster.name, cluster.context, entry.server, block->ingress(index).to_string()});
  }
  kubeconfig = write_kubeconfig(entries);
  return {};
}

// One CA for all clusters, as the chart's shared cilium-ca has it.
Result<> Lab::State::install_cilium() {
  const auto authority = make_authority("Cilium CA", std::chrono::days{1095});
  if (!authority) return tl::unexpected(authority.error());
  const auto issuer = CertificateIssuer::make(*authority);
  if (!issuer) return tl::unexpected(issuer.error());
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const mesh::Cluster& cluster = mesh.clusters[i];
    CiliumTrust trust{authority->certificate, {}};
    for (const mesh::PlannedCertificate& planned : mesh::certificate_plan(mesh, cluster)) {
      auto pair = issuer->issue(planned.request);
      if (!pair) return tl::unexpected(pair.error());
      trust.secrets.push_back({planned.secret, std::move(*pair)});
    }
    if (auto installed = clusters[i]->install_cilium(mesh, cluster, trust); !installed) return installed;
  }
  return {};
}

Result<> Lab::State::apply_sample() {
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    for (const Object& object : mesh::manifests(mesh, mesh.clusters[i])) {
      if (auto applied = clusters[i]->apply(object); !applied) return applied;
    }
  }
  return {};
}

Result<> Lab::State::start_dns() {
  std::vector<DnsZone::Member> members;
  for (const auto& cluster : clusters) {
    members.push_back({cluster->facts().name, asio::ip::make_address_v4(cluster->facts().ingress_address)});
  }
  DnsZone zone(mesh.ingress->host, std::move(members), options.dns_ttl, options.ipv6);
  auto server = DnsServer::listen(context.get_executor(), block->dns(), options.dns_port, std::move(zone));
  if (!server) return tl::unexpected(server.error());
  dns = std::move(*server);
  dns_server = fmt::format("{}:{}", block->dns().to_string(), dns->port());
  return {};
}

void Lab::State::shut_down() {
  if (control) control->close();
  if (dns) dns->close();
  for (const auto& cluster : clusters) cluster->shutdown();
  cluster_mesh.shutdown();
}

Result<std::vector<EmbeddedCluster*>> Lab::State::clusters_named(const std::string& name) {
  std::vector<EmbeddedCluster*> found;
  std::vector<std::string> names;
  for (const auto& cluster : clusters) {
    names.push_back(cluster->facts().name);
    if (name.empty() || names.back() == name) found.push_back(cluster.get());
  }
  if (found.empty())
    return fail(fmt::format("no cluster \"{}\"; there are: {}", name, fmt::join(names, ", ")));
  return found;
}

Result<> Lab::State::set_fault(const Fault& fault) {
  const auto targets = clusters_named(fault.cluster);
  if (!targets) return tl::unexpected(targets.error());
  for (EmbeddedCluster* cluster : *targets) {
    if (fault.kind == FaultKind::missing_record) {
      dns->zone().leave_out(cluster->facts().name, true);
    } else if (auto set = cluster->set_fault(fault); !set) {
      return set;
    }
    Fault& entry = faults[{cluster->facts().name, fault.kind}] = fault;
    entry.cluster = cluster->facts().name;
  }
  return {};
}

Result<> Lab::State::clear_fault(FaultKind kind, const std::string& name) {
  const auto targets = clusters_named(name);
  if (!targets) return tl::unexpected(targets.error());
  for (EmbeddedCluster* cluster : *targets) {
    if (kind == FaultKind::missing_record) {
      dns->zone().leave_out(cluster->facts().name, false);
    } else if (auto cleared = cluster->clear_fault(kind); !cleared) {
      return cleared;
    }
    faults.erase({cluster->facts().name, kind});
  }
  return {};
}

std::vector<Fault> Lab::State::active_faults() const {
  std::vector<Fault> active;
  for (const auto& cluster : clusters) {
    for (const FaultInfo& info : fault_table()) {
      const auto found = faults.find({cluster->facts().name, info.kind});
      if (found == faults.end() || !cluster->fault_holds(info.kind)) continue;
      active.push_back(found->second);
    }
  }
  return active;
}

bool Lab::State::settled() const {
  return cluster_mesh.settled() &&
         std::ranges::all_of(clusters, [](const auto& cluster) { return cluster->settled(); });
}

Lab::Lab(LabOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Lab::~Lab() {
  stop();
}

Result<> Lab::start() {
  auto prepared = state_->prepare();
  if (!prepared) {
    // What was started so far ends in this thread, so that nothing of it outlives what it uses.
    state_->shut_down();
    state_->context.run();
    return prepared;
  }
  state_->work.emplace(state_->context.get_executor());
  state_->thread = std::thread([state = state_.get()] { state->context.run(); });
  return {};
}

void Lab::stop() {
  if (!state_->thread.joinable()) return;
  asio::post(state_->context, [state = state_.get()] {
    state->shut_down();
    state->work.reset();
  });
  state_->thread.join();
  state_->clusters.clear();
  state_->dns.reset();
  state_->control.reset();
  state_->block.reset();
}

const mesh::Mesh& Lab::mesh() const {
  return state_->mesh;
}

const std::vector<LabCluster>& Lab::clusters() const {
  return state_->summaries;
}

const std::string& Lab::kubeconfig() const {
  return state_->kubeconfig;
}

const std::string& Lab::dns_server() const {
  return state_->dns_server;
}

const std::string& Lab::url() const {
  return state_->url;
}

Result<> Lab::open_control_socket(const std::string& path) {
  return state_->on_thread([state = state_.get(), &path]() -> Result<> {
    LabCommands commands;
    commands.set = [state](const Fault& fault) { return state->set_fault(fault); };
    commands.clear = [state](const Fault& fault) { return state->clear_fault(fault.kind, fault.cluster); };
    commands.status = [state] {
      return LabStatus{state->summaries, state->url, state->dns_server, state->active_faults()};
    };
    auto listening = ControlSocket::listen(
        state->context.get_executor(), path,
        [commands = std::move(commands)](const std::string& line) { return run_command(commands, line); });
    if (!listening) return tl::unexpected(listening.error());
    state->control = std::move(*listening);
    return {};
  });
}

Result<> Lab::apply(std::string_view cluster, const boost::json::object& object) {
  return state_->on_thread([this, cluster, &object]() -> Result<> {
    const auto found = state_->clusters_named(std::string(cluster));
    if (!found) return tl::unexpected(found.error());
    return found->front()->apply(object);
  });
}

Result<> Lab::set_fault(const Fault& fault) {
  return state_->on_thread([this, &fault] { return state_->set_fault(fault); });
}

Result<> Lab::clear_fault(FaultKind kind, const std::string& cluster) {
  return state_->on_thread([this, kind, &cluster] { return state_->clear_fault(kind, cluster); });
}

std::vector<Fault> Lab::faults() const {
  return state_->on_thread([this] { return state_->active_faults(); });
}

std::size_t Lab::ready_pods(std::string_view cluster) const {
  return state_->on_thread([this, cluster]() -> std::size_t {
    const auto found = state_->clusters_named(std::string(cluster));
    return found ? found->front()->ready_pods() : 0;
  });
}

bool Lab::wait_ready(Duration limit) const {
  const auto deadline = Clock::now() + limit;
  // A change passes through several controllers, each of which acts after the one before: only what is seen
  // twice, with time for all of them between, has come to rest.
  for (int in_a_row = 0; in_a_row < 2;) {
    if (Clock::now() > deadline) return false;
    const bool settled = state_->on_thread([this] { return state_->settled(); });
    in_a_row = settled ? in_a_row + 1 : 0;
    std::this_thread::sleep_for(settle_poll);
  }
  return true;
}

}  // namespace meshdrill::lab
