// How a lab comes up, step by step, and how it ends.
#include "base/certificates.hpp"
#include "lab/lab_state.hpp"
#include "lab/net/listening.hpp"
#include "mesh/render/render.hpp"
#include "mesh/trust/certificate_plan.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr int nodes_per_cluster = 2;
constexpr int ingress_port_attempts = 20;

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

}  // namespace meshdrill::lab
