#include "mesh/allocate/allocate.hpp"
#include "mesh/check/check.hpp"
#include "mesh/check/check_cilium.hpp"
#include "mesh/check/check_services.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/cluster_id.hpp"
#include "mesh/findings.hpp"
#include "mesh/names.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

// The row of a version that may be wrong; nullptr for one that cannot be read or is too old.
const CiliumMinor* known_minor(const std::string& text) {
  const Result<CiliumVersion> version = parse_version(text);
  return version ? find_minor(*version) : nullptr;
}

class PartsCheck {
 public:
  explicit PartsCheck(const Mesh& mesh) : mesh_(mesh) {}

  Diagnostics run() {
    found_.name(mesh_.where, "metadata.name", wrong_label(mesh_.name));
    check_cilium(mesh_, found_);
    check_datapath(mesh_, found_);
    check_pool(mesh_.addressing.ipv4, Family::ipv4);
    check_pool(mesh_.addressing.ipv6, Family::ipv6);
    check_clusters();
    check_services(mesh_, found_);
    return found_.take();
  }

 private:
  void check_pool(const std::optional<AddressPool>& pool, Family family);
  void check_clusters();
  void check_cluster(const Cluster& cluster);
  void check_id(const Cluster& cluster);
  void check_node_port(const Cluster& cluster);
  void check_ingress_addresses(const Cluster& cluster);
  void check_apiserver(const Cluster& cluster);

  const Mesh& mesh_;
  Findings found_;

  std::map<std::string, Location> cluster_names_;
  std::map<int, Location> ids_;
  std::map<std::string, Location> contexts_;
  std::map<IpAddress, Location> ingress_addresses_;
  std::map<std::pair<std::string, int>, Location> apiserver_endpoints_;  // by address or name
  // A NodePort of several clusters, and what those so far make of it.
  struct NodePortUsers {
    Location first;
    bool loops = false;     // with kubeProxyReplacement on
    bool may_loop = false;  // with it on, or not spoken of
  };
  std::map<int, NodePortUsers> node_ports_;
};

void PartsCheck::check_pool(const std::optional<AddressPool>& pool, Family family) {
  if (!pool) return;
  const std::string key = family == Family::ipv4 ? "addressing.ipv4" : "addressing.ipv6";
  if (!pool->pool) return;
  const int length = pool->pool->length;
  if (pool->cluster_length < length) {
    found_.error("pool-size", pool->cluster_where,
                 fmt::format("{}.cluster: a cluster's /{} does not fit into the pool {}", key,
                             pool->cluster_length, to_string(*pool->pool)));
  }
  if (pool->node_length < pool->cluster_length) {
    found_.error(
        "pod-cidr-mask", pool->node_where,
        fmt::format("{}.node: a node's /{} does not fit into a cluster's /{}: Cilium starts with zero blocks "
                    "and every Pod waits with \"no remaining CIDRs\"",
                    key, pool->node_length, pool->cluster_length),
        fmt::format("Give node a length from {} to {}.", pool->cluster_length, width(family)));
  } else if (family == Family::ipv6 && pool->node_length - pool->cluster_length > 16) {
    found_.error(
        "pod-cidr-mask", pool->node_where,
        fmt::format("{}.node: /{} blocks in a cluster's /{} are 2^{} of them; Cilium's operator refuses more "
                    "than 2^16 (\"node CIDR size is too big\")",
                    key, pool->node_length, pool->cluster_length, pool->node_length - pool->cluster_length),
        fmt::format("Give node at most {}.", pool->cluster_length + 16));
  }
}

void PartsCheck::check_clusters() {
  if (mesh_.clusters.empty()) found_.error("no-clusters", mesh_.where, "clusters: a mesh needs clusters");
  if (mesh_.clusters.size() == 1) {
    found_.warning("single-cluster", mesh_.clusters.front().where,
                   "clusters: the only cluster has nobody to fail over to");
  }
  const auto most = static_cast<std::size_t>(mesh_.cilium.max_connected_clusters);
  if (mesh_.clusters.size() > most) {
    found_.error(
        "max-connected-clusters", mesh_.clusters[most].where,
        fmt::format("clusters: {} clusters are more than the {} that maxConnectedClusters allows",
                    mesh_.clusters.size(), most),
        most == 255 ? "Set cilium.maxConnectedClusters: 511 before the first cluster is installed." : "");
  }
  for (const Cluster& cluster : mesh_.clusters) check_cluster(cluster);
}

void PartsCheck::check_cluster(const Cluster& cluster) {
  found_.name(cluster.where, "name", wrong_cluster_name(cluster.name));
  found_.name(cluster.context_where, "context", wrong_text(cluster.context));
  const bool name_taken = cluster_names_.contains(cluster.name);
  found_.repeated("duplicate-name", cluster_names_, cluster.name, cluster.where,
                  fmt::format("name: a second cluster is called \"{}\"", cluster.name));
  // A line that stands there twice is one fault. The context that is left out is the name.
  if (!name_taken || !contexts_.contains(cluster.context)) {
    found_.repeated("duplicate-context", contexts_, cluster.context, cluster.context_where,
                    fmt::format("context: a second cluster is reached through \"{}\"", cluster.context),
                    "Two names for one cluster would fail both at once; give each its own context.");
  }
  if (cluster.id) check_id(cluster);
  check_apiserver(cluster);
  check_ingress_addresses(cluster);
}

void PartsCheck::check_id(const Cluster& cluster) {
  const int id = cluster.id.value_or(0);
  const int most = mesh_.cilium.max_connected_clusters;
  if (id < 1 || id > most) {
    found_.error(
        "id-range", cluster.id_where,
        fmt::format("id: {} is outside 1 to {}{}", id, most,
                    id == 0 ? "; 0 is Cilium's ID for a cluster that is in no mesh" : ""),
        "Helm accepts it, and clustermesh-apiserver then refuses to start. Leave id out to have one given.");
    return;
  }
  if (marks_clash(cluster.datapath, id)) {
    found_.error("id-mark", cluster.id_where,
                 fmt::format("id: {} is one of 128 to 255 and 384 to 511, whose packet marks clash with ENI, "
                             "AlibabaCloud and aws-cni chaining (cilium/cilium#21330); the chart refuses it",
                             id),
                 "Leave id out to have another given, or set cilium.allowUnsafePolicySKBUsage: true.");
  }
  found_.repeated("duplicate-id", ids_, id, cluster.id_where, fmt::format("id: a second cluster has {}", id));
}

void PartsCheck::check_ingress_addresses(const Cluster& cluster) {
  for (const LocatedAddress& ingress : cluster.ingress) {
    found_.repeated("duplicate-address", ingress_addresses_, ingress.address, ingress.where,
                    fmt::format("ingress: {} is named twice", to_string(ingress.address)),
                    "Each cluster's ingress needs addresses of its own, or nobody can tell who was asked.");
  }
  if (mesh_.ingress && cluster.ingress.empty()) {
    found_.warning("ingress-address", cluster.where,
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
        "peer-endpoint", apiserver.where,
        fmt::format("apiserver: the peers cannot be told where {} is; values to connect are not written",
                    cluster.name),
        "Add apiserver: {ips: [ADDRESS]} once phase 1 runs.");
  }
  // A NodePort that is left out gets allocated, each cluster its own.
  if (!apiserver.port && apiserver.exposure == ApiServer::Exposure::node_port) return;
  const int port = apiserver.port.value_or(etcd_port);
  const auto once = [&](const std::string& key, const std::string& address, const Location& where) {
    found_.repeated("duplicate-address", apiserver_endpoints_, {address, port}, where,
                    fmt::format("apiserver.{}: {} port {} is named twice", key, address, port));
  };
  for (const LocatedAddress& ip : apiserver.ips) once("ips", to_string(ip.address), ip.where);
  if (!apiserver.address.empty()) once("address", apiserver.address, apiserver.where);
  if (apiserver.exposure == ApiServer::Exposure::node_port) check_node_port(cluster);
}

// With kube-proxy replacement an agent translates "node:NodePort" itself, and before 1.19 took the peer's for
// its own Service. Whether it is on is not known when only the operator's own values say so.
void PartsCheck::check_node_port(const Cluster& cluster) {
  const int port = cluster.apiserver.port.value_or(0);
  const Location& where = cluster.apiserver.port_where;
  if (port < 30000 || port > 32767) {
    found_.warning("node-port-range", where,
                   fmt::format("apiserver.port: {} is outside 30000 to 32767, where Kubernetes has its "
                               "NodePorts unless told otherwise",
                               port));
  }
  const CiliumMinor* minor = known_minor(cluster.version);
  const bool loops = minor != nullptr && minor->node_port_loops;
  const std::optional<bool>& replaced = cluster.datapath.kube_proxy_replacement;
  NodePortUsers& users = node_ports_[port];
  const bool fresh = users.first.line == 0;
  if (fresh) users.first = where;
  users.loops = users.loops || (loops && replaced.value_or(false));
  users.may_loop = users.may_loop || (loops && replaced.value_or(true));
  if (fresh || !users.may_loop) return;
  const std::string what = fmt::format(
      "apiserver.port: NodePort {} stands at {} already; before Cilium 1.19 {} reach its own "
      "clustermesh-apiserver instead of the peer's (cilium/cilium#24692)",
      port, to_string(users.first),
      users.loops ? "an agent with kubeProxyReplacement may" : "an agent may then");
  const std::string cure = "Give each cluster a NodePort of its own, or leave port out to have one given.";
  if (users.loops) {
    found_.error("node-port-clash", where, what, cure);
  } else {
    found_.warning("node-port-clash", where, what, cure);
  }
}

}  // namespace

Diagnostics check_parts(const Mesh& mesh) {
  return PartsCheck{mesh}.run();
}

}  // namespace meshdrill::mesh
