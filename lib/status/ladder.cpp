#include "status/ladder.hpp"

#include "base/text.hpp"
#include "status/as_mesh.hpp"
#include "status/parse.hpp"
#include "status/ways_in.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::status {
namespace {

bool on(const LiveCluster& cluster, const std::string& key) {
  return is_word(cluster.setting(key, "false"), "true");
}

std::string settings(const LiveCluster& cluster) {
  if (cluster.config.empty()) return "not known";
  std::vector<std::string> parts;
  parts.push_back(fmt::format("ID {} of {}", cluster.setting("cluster-id", "0"),
                              cluster.setting("max-connected-clusters", "255")));
  const std::string mode = cluster.setting("routing-mode", "tunnel");
  parts.push_back(mode == "tunnel" ? "tunnel " + cluster.setting("tunnel-protocol", "vxlan")
                                   : mode + " routing");
  std::string ipam = "IPAM " + cluster.setting("ipam", "cluster-pool");
  for (const IpPrefix& pool : pools_of(cluster)) ipam += " " + to_string(pool);
  parts.push_back(ipam);
  parts.push_back("kube-proxy replacement " + cluster.setting("kube-proxy-replacement", "false"));
  const bool masquerade = on(cluster, "enable-ipv4-masquerade") || on(cluster, "enable-ipv6-masquerade");
  parts.push_back(!masquerade                            ? "no masquerading"
                  : on(cluster, "enable-bpf-masquerade") ? "masquerading by BPF"
                                                         : "masquerading by iptables");
  if (on(cluster, "enable-wireguard")) parts.emplace_back("WireGuard");
  if (on(cluster, "enable-ipsec")) parts.emplace_back("IPsec");
  if (on(cluster, "clustermesh-enable-mcs-api")) parts.emplace_back("MCS-API");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string agents(const LiveCluster& cluster) {
  return fmt::format("{} of {} ready on {}, operator {} of {}", cluster.agents.ready, cluster.agents.wanted,
                     plural(cluster.nodes.size(), "node"), cluster.cilium_operator.ready,
                     cluster.cilium_operator.wanted);
}

std::string apiserver(const LiveCluster& cluster) {
  if (!cluster.apiserver.exists) return "none";
  const ApiServerService& service = cluster.apiserver_service;
  std::string text = fmt::format("{} of {} ready{}", cluster.apiserver.ready, cluster.apiserver.wanted,
                                 cluster.has_kvstoremesh ? " with kvstoremesh" : "");
  if (!service.exists) return text + ", no Service";
  text += ", " + service.type;
  if (service.type == "NodePort") return text + fmt::format(" {}", service.node_port);
  for (const std::string& address : service.addresses) text += fmt::format(" {}:{}", address, service.port);
  return text;
}

std::string peers(const LiveCluster& cluster) {
  std::set<std::string> names;
  for (const PeerEntry& peer : cluster.peers) names.insert(peer.name);
  for (const PeerEntry& peer : cluster.remote_peers) names.insert(peer.name);
  if (names.empty()) return "none";
  std::map<std::string, Rung> worst;
  for (const PeerReport& report : cluster.reports) {
    const auto [place, fresh] = worst.emplace(report.peer, report.rung);
    if (!fresh) place->second = std::min(place->second, report.rung);
  }
  std::vector<std::string> connected;
  std::vector<std::string> others;
  for (const std::string& name : names) {
    const auto known = worst.find(name);
    if (known == worst.end()) {
      others.push_back(name + " is not known to be connected");
    } else if (known->second == Rung::ready) {
      connected.push_back(name);
    } else {
      others.push_back(fmt::format("{} {}", name, words_of(known->second)));
    }
  }
  std::string text = fmt::format("{} of {} connected", connected.size(), names.size());
  constexpr std::size_t shown = 4;
  if (!others.empty()) {
    others.resize(std::min(others.size(), shown));
    return fmt::format("{}: {}", text, fmt::join(others, ", "));
  }
  if (connected.size() <= shown) text += ": " + join_words(connected);
  return text;
}

std::string certificates(const LiveCluster& cluster, const LiveMesh& mesh) {
  const CertificateView* first = nullptr;
  for (const CertificateView& view : cluster.certificates) {
    if (!view.facts) continue;
    if (first == nullptr || view.facts->not_after < first->facts->not_after) first = &view;
  }
  if (first == nullptr) return "none that could be read";
  const auto left = (first->facts->not_after - mesh.now) / std::chrono::days{1};
  return fmt::format(
      "{}, the first ({}) ends on {:%Y-%m-%d}, {}", cluster.certificates.size(), first->role,
      fmt::gmtime(std::chrono::system_clock::to_time_t(first->facts->not_after)),
      left < 0 ? std::string("in the past") : "in " + plural(static_cast<std::size_t>(left), "day"));
}

std::string services(const LiveCluster& cluster) {
  std::vector<std::string> parts;
  std::size_t global = 0;
  for (const ServiceView& service : cluster.services) {
    if (!service.global) continue;
    ++global;
    if (parts.size() < 3) parts.push_back(fmt::format("{} {} ready", service.key, service.ready));
  }
  std::string text = fmt::format("{} global", global);
  if (!parts.empty())
    text += fmt::format(": {}{}", fmt::join(parts, ", "), global > parts.size() ? ", …" : "");
  if (!cluster.exports.empty()) text += fmt::format("; {}", plural(cluster.exports.size(), "ServiceExport"));
  return text;
}

std::string way_in(const LiveCluster& cluster, const LiveMesh& mesh) {
  std::set<std::string> parts;
  for (const WayIn& way : cluster.ways_in) {
    if (!is_shared(mesh.clusters, way)) continue;
    const std::string at = way.addresses.empty() ? "no address" : join_words(way.addresses);
    parts.insert(fmt::format("{} at {}", way.host.empty() ? way.key : way.host, at));
  }
  return parts.empty() ? "nothing leads to a global Service" : fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::vector<LadderRow> ladder_of(const LiveMesh& mesh, const LiveCluster& cluster) {
  return {{Group::settings, "settings", settings(cluster)},
          {Group::agents, "agents", agents(cluster)},
          {Group::apiserver, "apiserver", apiserver(cluster)},
          {Group::peers, "peers", peers(cluster)},
          {Group::certificates, "certificates", certificates(cluster, mesh)},
          {Group::services, "services", services(cluster)},
          {Group::way_in, "way in", way_in(cluster, mesh)}};
}

}  // namespace meshdrill::status
