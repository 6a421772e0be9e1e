#include "base/text.hpp"
#include "status/as_mesh.hpp"
#include "status/checks.hpp"
#include "status/parse.hpp"
#include "status/reads.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

// One cluster held against what the file says of it.
class Drift {
 public:
  Drift(const mesh::Mesh& file, const mesh::Cluster& wanted, const LiveCluster& live, Found& found)
      : file_(file), wanted_(wanted), live_(live), found_(found) {}

  void check() {
    identity();
    pods();
    datapath();
    apiserver();
    // What could not be read is not held against the file.
    if (known(ReadId::secrets)) peers();
    if (known(ReadId::services) && known(ReadId::service_exports)) {
      for (const mesh::GlobalService& service : file_.services)
        check_service(service.in_cluster(wanted_.name));
    }
    if (known(ReadId::ingresses)) ingress();
  }

 private:
  [[nodiscard]] bool known(ReadId id) const { return !live_.unreadable(std::string(read_of(id).what)); }

  // `unless` are rules that say the same of this cluster by themselves, with the reason.
  void differ(Level level, std::string_view key, const std::string& is, const std::string& should,
              const Location& where, std::initializer_list<std::string_view> unless = {}) {
    if (is == should) return;
    for (const std::string_view rule : unless) {
      if (found_.has(rule, live_.name())) return;
    }
    found_.add("drift", level, live_.name(),
               fmt::format("{} is {}, and {} says {}", key, is.empty() ? "not set" : printable(is),
                           to_string(where), should.empty() ? "none" : should),
               "Change the file, or install from it again: meshdrill generate.");
  }

  void identity() {
    differ(Level::error, "the cluster's name", live_.name(), wanted_.name, wanted_.where,
           {"duplicate-name", "name-default", "name-form"});
    if (wanted_.id) {
      differ(Level::error, "the cluster's ID", live_.setting("cluster-id", "0"), std::to_string(*wanted_.id),
             wanted_.id_where.line == 0 ? wanted_.where : wanted_.id_where,
             {"duplicate-id", "id-missing", "id-range"});
    }
    differ(Level::error, "max-connected-clusters", live_.setting("max-connected-clusters", "255"),
           std::to_string(file_.cilium.max_connected_clusters), file_.cilium.where,
           {"max-connected-clusters"});
    if (!live_.cilium.empty()) {
      differ(Level::warning, "Cilium", live_.cilium, wanted_.version,
             wanted_.version_where.line == 0 ? file_.cilium.version_where : wanted_.version_where,
             {"version-skew"});
    }
  }

  static std::string list_of(std::vector<IpPrefix> prefixes) {
    std::ranges::sort(prefixes);
    std::vector<std::string> words;
    for (const IpPrefix& prefix : prefixes) words.push_back(to_string(prefix));
    return join_words(words);
  }

  void pods() {
    if (wanted_.datapath.ipam != mesh::Ipam::cluster_pool) return;
    std::vector<IpPrefix> wanted;
    for (const mesh::LocatedPrefix& pods : wanted_.pod_cidrs) wanted.push_back(pods.prefix);
    if (wanted.empty()) return;
    differ(Level::error, "the list of Pod CIDRs", list_of(pools_of(live_)), list_of(wanted),
           wanted_.pod_cidrs.front().where, {"network-overlap"});
  }

  void datapath() {
    const mesh::Datapath& wanted = wanted_.datapath;
    const Location& where = wanted.routing_where.line == 0 ? wanted_.where : wanted.routing_where;
    if (wanted.routing_mode) {
      differ(Level::error, "routing-mode", live_.setting("routing-mode", "tunnel"),
             std::string(name_of(*wanted.routing_mode)), where, {"routing-mode-differs"});
    }
    if (wanted.tunnel_protocol) {
      differ(Level::error, "tunnel-protocol", live_.setting("tunnel-protocol", "vxlan"),
             std::string(name_of(*wanted.tunnel_protocol)), where, {"tunnel-protocol-differs"});
    }
    if (wanted.kube_proxy_replacement) {
      differ(Level::warning, "kube-proxy-replacement", live_.setting("kube-proxy-replacement", "false"),
             *wanted.kube_proxy_replacement ? "true" : "false", where, {"host-network-backends"});
    }
    if (wanted.encryption) {
      const bool wireguard = is_word(live_.setting("enable-wireguard", "false"), "true");
      const bool ipsec = is_word(live_.setting("enable-ipsec", "false"), "true");
      differ(Level::warning, "encryption",
             wireguard ? "wireguard"
             : ipsec   ? "ipsec"
                       : "none",
             std::string(name_of(*wanted.encryption)), where, {"encryption-differs"});
    }
    if (mesh::needs_mcs_api(file_)) {
      differ(Level::error, "clustermesh-enable-mcs-api", live_.setting("clustermesh-enable-mcs-api", "false"),
             "true", file_.where, {"mcs-api-off"});
    }
    if (mesh::needs_endpoint_slice_sync(file_)) {
      differ(Level::error, "clustermesh-enable-endpoint-sync",
             live_.setting("clustermesh-enable-endpoint-sync", "false"), "true", file_.where, {"slices-off"});
    }
  }

  void apiserver() {
    const ApiServerService& service = live_.apiserver_service;
    if (!service.exists) return;
    const bool node_port = wanted_.apiserver.exposure == mesh::ApiServer::Exposure::node_port;
    const Location& where = wanted_.apiserver.where.line == 0 ? wanted_.where : wanted_.apiserver.where;
    differ(Level::warning, "the type of the Service clustermesh-apiserver", service.type,
           node_port ? "NodePort" : "LoadBalancer", where, {"apiserver-address"});
    if (!node_port || service.type != "NodePort" || !wanted_.apiserver.port) return;
    differ(Level::error, "the nodePort of clustermesh-apiserver", std::to_string(service.node_port),
           std::to_string(*wanted_.apiserver.port),
           wanted_.apiserver.port_where.line == 0 ? where : wanted_.apiserver.port_where,
           {"apiserver-address", "node-port-clash"});
  }

  std::string endpoint_of(const mesh::Cluster& peer) const {
    const std::string host =
        peer.apiserver.ips.empty() ? peer.apiserver.address : peer.name + "." + file_.cilium.domain;
    return fmt::format("{}:{}", host, peer.apiserver.port.value_or(0));
  }

  void peers() {
    if (!mesh::connectable(file_)) return;
    const auto& list = live_.has_remote_peers_secret ? live_.remote_peers : live_.peers;
    for (const mesh::Cluster& peer : file_.clusters) {
      if (peer.name == wanted_.name) continue;
      const auto entry = std::ranges::find(list, peer.name, &PeerEntry::name);
      const bool listed = entry != list.end();
      differ(Level::error, "the peer " + peer.name,
             listed ? fmt::format("{}:{}", entry->host, entry->port) : "not listed", endpoint_of(peer),
             peer.apiserver.where.line == 0 ? peer.where : peer.apiserver.where,
             {"no-peers", "peer-name", "peer-missing", "peer-endpoint", "peer-lists-differ"});
      if (listed) check_aliases(peer, entry->host);
    }
    for (const PeerEntry& entry : list) {
      if (std::ranges::count(file_.clusters, entry.name, &mesh::Cluster::name) > 0) continue;
      differ(Level::warning, "the peer " + entry.name, "listed", "", file_.where, {"peer-name"});
    }
  }

  void check_aliases(const mesh::Cluster& peer, const std::string& host) {
    if (peer.apiserver.ips.empty()) return;
    std::set<std::string> wanted;
    for (const mesh::LocatedAddress& ip : peer.apiserver.ips) wanted.insert(to_string(ip.address));
    const auto aliases = live_.host_aliases.find(host);
    // From 1.21 on they stand elsewhere.
    if (aliases == live_.host_aliases.end()) return;
    const std::set<std::string> given(aliases->second.begin(), aliases->second.end());
    differ(Level::error, "the address of the peer " + peer.name, join_words({given.begin(), given.end()}),
           join_words({wanted.begin(), wanted.end()}), peer.apiserver.ips.front().where);
  }

  void check_service(const mesh::GlobalService& wanted) {
    const std::string key = qualified_name(wanted);
    if (wanted.exported_by == mesh::GlobalService::Export::mcs) {
      const bool exported = std::ranges::count(live_.exports, key, &McsView::key) > 0;
      differ(Level::error, "the ServiceExport " + key, exported ? "there" : "not there", "there",
             wanted.where);
      return;
    }
    const auto live = std::ranges::find(live_.services, key, &ServiceView::key);
    const bool there = live != live_.services.end();
    differ(Level::error, "Service " + key,
           !there         ? "not there"
           : live->global ? "global"
                          : "not global",
           "global", wanted.where, {"service-missing", "service-not-global"});
    if (!there || !live->global) return;
    differ(Level::warning, "service.cilium.io/shared of Service " + key, live->shared ? "true" : "false",
           wanted.shared ? "true" : "false", wanted.where, {"service-not-shared"});
    const bool local = wanted.affinity == mesh::GlobalService::Affinity::local;
    const bool remote = wanted.affinity == mesh::GlobalService::Affinity::remote;
    differ(Level::warning, "service.cilium.io/affinity of Service " + key,
           live->affinity.empty() ? "none" : live->affinity,
           local    ? "local"
           : remote ? "remote"
                    : "none",
           wanted.affinity_where.line == 0 ? wanted.where : wanted.affinity_where,
           {"service-affinity", "service-affinity-differs"});
    std::set<std::string> is;
    std::set<std::string> should;
    for (const ServicePortView& port : live->ports) is.insert(fmt::format("{}:{}", port.name, port.port));
    for (const mesh::ServicePort& port : wanted.ports)
      should.insert(fmt::format("{}:{}", port.name, port.port));
    differ(Level::error, "the list of ports of Service " + key, join_words({is.begin(), is.end()}),
           join_words({should.begin(), should.end()}), wanted.where, {"service-ports-differ"});
  }

  void ingress() {
    if (!file_.ingress) return;
    const bool gateway = file_.ingress->controller == mesh::Ingress::Controller::gateway;
    const auto own = std::ranges::find_if(live_.ways_in, [&](const WayIn& way) {
      return way.host == file_.ingress->host && way.gateway.empty() != gateway;
    });
    const bool there = own != live_.ways_in.end();
    differ(Level::error,
           fmt::format("{} for {}", gateway ? "an HTTPRoute" : "an Ingress", file_.ingress->host),
           there ? "there" : "not there", "there", file_.ingress->where, {"ingress-differs"});
    if (!there || wanted_.ingress.empty()) return;
    std::set<std::string> wanted;
    for (const mesh::LocatedAddress& address : wanted_.ingress) wanted.insert(to_string(address.address));
    std::set<std::string> given(own->addresses.begin(), own->addresses.end());
    differ(Level::warning, "the address of the ingress", join_words({given.begin(), given.end()}),
           join_words({wanted.begin(), wanted.end()}), wanted_.ingress.front().where,
           {"ingress-no-address", "route-refused"});
  }

  const mesh::Mesh& file_;
  const mesh::Cluster& wanted_;
  const LiveCluster& live_;
  Found& found_;
};

}  // namespace

void check_drift(const LiveMesh& mesh, Found& found) {
  if (mesh.file == nullptr) return;
  for (std::size_t i = 0; i < mesh.clusters.size() && i < mesh.file->clusters.size(); ++i) {
    const LiveCluster& live = mesh.clusters[i];
    if (!live.reachable || live.config.empty()) continue;
    Drift(*mesh.file, mesh.file->clusters[i], live, found).check();
  }
}

}  // namespace meshdrill::status
