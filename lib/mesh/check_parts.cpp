#include "mesh/check.hpp"
#include "mesh/check_services.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/findings.hpp"
#include "mesh/names.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

class PartsCheck {
 public:
  explicit PartsCheck(const Mesh& mesh) : mesh_(mesh) {}

  Diagnostics run() {
    found_.name(mesh_.where, "metadata.name", wrong_label(mesh_.name));
    check_cilium();
    check_pool(mesh_.addressing.ipv4, Family::ipv4);
    check_pool(mesh_.addressing.ipv6, Family::ipv6);
    check_clusters();
    check_services(mesh_, minor_, found_);
    return found_.take();
  }

 private:
  void check_cilium();
  void check_pool(const std::optional<AddressPool>& pool, Family family);
  void check_clusters();
  void check_cluster(const Cluster& cluster);
  void check_ingress_addresses(const Cluster& cluster);
  void check_apiserver(const Cluster& cluster);

  const Mesh& mesh_;
  Findings found_;
  const CiliumMinor* minor_ = nullptr;  // when the version is readable and known

  std::map<std::string, Location> cluster_names_;
  std::map<int, Location> ids_;
  std::map<std::string, Location> contexts_;
  std::map<IpAddress, Location> ingress_addresses_;
  std::map<std::pair<IpAddress, int>, Location> apiserver_endpoints_;
  std::map<int, Location> node_ports_;
};

void PartsCheck::check_cilium() {
  const Cilium& cilium = mesh_.cilium;
  found_.name(cilium.where, "cilium.namespace", wrong_label(cilium.kube_namespace));
  found_.name(cilium.where, "cilium.release", wrong_label(cilium.release));
  if (!cilium.values_key.empty())
    found_.name(cilium.where, "cilium.valuesKey", wrong_values_key(cilium.values_key));
  if (!cilium.chart.empty()) found_.name(cilium.where, "cilium.chart", wrong_text(cilium.chart));
  for (const std::string& file : cilium.values_files)
    found_.name(cilium.where, "cilium.valuesFiles", wrong_text(file));
  found_.name(cilium.domain_where, "cilium.domain", wrong_host_name(cilium.domain));
  const Result<CiliumVersion> version = parse_version(cilium.version);
  if (!version) {
    found_.error(cilium.version_where, fmt::format("cilium.version: {}", version.error().message),
                 "Give major, minor and patch of the chart.");
    return;
  }
  minor_ = find_minor(*version);
  if (minor_ == nullptr) {
    found_.error(
        cilium.version_where,
        fmt::format("cilium.version: {} is older than 1.{}, the oldest that meshdrill writes values for",
                    cilium.version, oldest_minor));
  } else if (version->major > 1 || version->minor > newest_minor) {
    found_.warning(
        cilium.version_where,
        fmt::format("cilium.version: {} is newer than 1.{}, the newest known, whose values are written",
                    cilium.version, newest_minor),
        "Read its upgrade notes before installing.");
  }
}

void PartsCheck::check_pool(const std::optional<AddressPool>& pool, Family family) {
  if (!pool) return;
  const std::string key = family == Family::ipv4 ? "addressing.ipv4" : "addressing.ipv6";
  if (!pool->pool) return;
  const int length = pool->pool->length;
  if (pool->cluster_length < length) {
    found_.error(pool->cluster_where, fmt::format("{}.cluster: a cluster's /{} does not fit into the pool {}",
                                                  key, pool->cluster_length, to_string(*pool->pool)));
  }
  if (pool->node_length < pool->cluster_length) {
    found_.error(
        pool->node_where,
        fmt::format("{}.node: a node's /{} does not fit into a cluster's /{}: Cilium starts with zero blocks "
                    "and every Pod waits with \"no remaining CIDRs\"",
                    key, pool->node_length, pool->cluster_length),
        fmt::format("Give node a length from {} to {}.", pool->cluster_length, width(family)));
  } else if (family == Family::ipv6 && pool->node_length - pool->cluster_length > 16) {
    found_.error(
        pool->node_where,
        fmt::format("{}.node: /{} blocks in a cluster's /{} are 2^{} of them; Cilium's operator refuses more "
                    "than 2^16 (\"node CIDR size is too big\")",
                    key, pool->node_length, pool->cluster_length, pool->node_length - pool->cluster_length),
        fmt::format("Give node at most {}.", pool->cluster_length + 16));
  }
}

void PartsCheck::check_clusters() {
  if (mesh_.clusters.empty()) found_.error(mesh_.where, "clusters: a mesh needs clusters");
  if (mesh_.clusters.size() == 1) {
    found_.warning(mesh_.clusters.front().where, "clusters: the only cluster has nobody to fail over to");
  }
  const auto most = static_cast<std::size_t>(mesh_.cilium.max_connected_clusters);
  if (mesh_.clusters.size() > most) {
    found_.error(
        mesh_.clusters[most].where,
        fmt::format("clusters: {} clusters are more than the {} that maxConnectedClusters allows",
                    mesh_.clusters.size(), most),
        most == 255 ? "Set cilium.maxConnectedClusters: 511 before the first cluster is installed." : "");
  }
  for (const Cluster& cluster : mesh_.clusters) check_cluster(cluster);
}

void PartsCheck::check_cluster(const Cluster& cluster) {
  found_.name(cluster.where, "name", wrong_cluster_name(cluster.name));
  found_.name(cluster.context_where, "context", wrong_text(cluster.context));
  found_.repeated(cluster_names_, cluster.name, cluster.where,
                  fmt::format("name: a second cluster is called \"{}\"", cluster.name));
  found_.repeated(contexts_, cluster.context, cluster.context_where,
                  fmt::format("context: a second cluster is reached through \"{}\"", cluster.context),
                  "Two names for one cluster would fail both at once; give each its own context.");
  if (cluster.id) {
    const int most = mesh_.cilium.max_connected_clusters;
    if (*cluster.id < 1 || *cluster.id > most) {
      found_.error(
          cluster.id_where,
          fmt::format("id: {} is outside 1 to {}{}", *cluster.id, most,
                      *cluster.id == 0 ? "; 0 is Cilium's ID for a cluster that is in no mesh" : ""),
          "Helm accepts it, and clustermesh-apiserver then refuses to start. Leave id out to have one "
          "given.");
    } else {
      found_.repeated(ids_, *cluster.id, cluster.id_where,
                      fmt::format("id: a second cluster has {}", *cluster.id));
    }
  }
  check_apiserver(cluster);
  check_ingress_addresses(cluster);
}

void PartsCheck::check_ingress_addresses(const Cluster& cluster) {
  for (const LocatedAddress& ingress : cluster.ingress) {
    found_.repeated(ingress_addresses_, ingress.address, ingress.where,
                    fmt::format("ingress: {} is named twice", to_string(ingress.address)),
                    "Each cluster's ingress needs addresses of its own, or nobody can tell who was asked.");
  }
  if (mesh_.ingress && cluster.ingress.empty()) {
    found_.warning(cluster.where,
                   fmt::format("ingress: {} names no address, so {} cannot lead to it", cluster.name,
                               mesh_.ingress->host),
                   "Add ingress: [ADDRESS] once its load balancer has one.");
  }
}

void PartsCheck::check_apiserver(const Cluster& cluster) {
  const ApiServer& apiserver = cluster.apiserver;
  if (!apiserver.address.empty()) {
    found_.name(apiserver.where, "apiserver.address", wrong_host_name(apiserver.address));
  }
  if (!apiserver.reachable()) {
    found_.warning(
        apiserver.where,
        fmt::format("apiserver: the peers cannot be told where {} is; values to connect are not written",
                    cluster.name),
        "Add apiserver: {ips: [ADDRESS]} once phase 1 runs.");
  }
  if (!apiserver.port) return;
  for (const LocatedAddress& ip : apiserver.ips) {
    found_.repeated(
        apiserver_endpoints_, {ip.address, *apiserver.port}, ip.where,
        fmt::format("apiserver.ips: {} port {} is named twice", to_string(ip.address), *apiserver.port));
  }
  if (apiserver.exposure != ApiServer::Exposure::node_port) return;
  if (*apiserver.port < 30000 || *apiserver.port > 32767) {
    found_.warning(
        apiserver.port_where,
        fmt::format("apiserver.port: {} is outside 30000 to 32767, where Kubernetes has its NodePorts unless "
                    "told otherwise",
                    *apiserver.port));
  }
  const auto [first, fresh] = node_ports_.emplace(*apiserver.port, apiserver.port_where);
  if (!fresh && minor_ != nullptr && minor_->node_port_loops) {
    found_.warning(
        apiserver.port_where,
        fmt::format("apiserver.port: NodePort {} stands at {} already; before Cilium 1.19 an agent may then "
                    "reach its own clustermesh-apiserver instead of the peer's (cilium/cilium#24692)",
                    *apiserver.port, to_string(first->second)),
        "Give each cluster a NodePort of its own, or leave port out to have one given.");
  }
}

}  // namespace

Diagnostics check_parts(const Mesh& mesh) {
  return PartsCheck{mesh}.run();
}

}  // namespace meshdrill::mesh
