#include "check_tables.hpp"

#include "base/text.hpp"
#include "base/text_table.hpp"

#include <cstdio>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

template <class Items, class ToText>
std::string list(const Items& items, ToText to_text) {
  std::string text;
  for (const auto& item : items) text += fmt::format("{}{}", text.empty() ? "" : ",", to_text(item));
  return text.empty() ? "-" : text;
}

void print_clusters(const mesh::Mesh& mesh) {
  TextTable table{7};
  table.row({"CLUSTER", "CONTEXT", "VERSION", "ID", "PODS", "APISERVER PORT", "INGRESS"});
  for (const mesh::Cluster& cluster : mesh.clusters) {
    table.row({cluster.name, cluster.context, cluster.version, std::to_string(cluster.id.value()),
               list(cluster.pod_cidrs, [](const auto& item) { return to_string(item.prefix); }),
               std::to_string(cluster.apiserver.port.value()),
               list(cluster.ingress, [](const auto& item) { return to_string(item.address); })});
  }
  std::fputs(table.text("").c_str(), stdout);
}

// By name while they are few.
std::string peers_of(const mesh::values::ClusterValues& cluster) {
  constexpr std::size_t few = 8;
  const auto& peers = cluster.peers.peers;
  if (peers.size() > few) return fmt::format("{} of them", peers.size());
  return list(peers, [](const auto& peer) { return printable(peer.name); });
}

// The same in every cluster, as the rules want it.
void print_routing(const mesh::Datapath& datapath) {
  const auto mode = datapath.routing_mode.value_or(mesh::RoutingMode::tunnel);
  if (mode == mesh::RoutingMode::tunnel) {
    const auto protocol = datapath.tunnel_protocol.value_or(mesh::TunnelProtocol::vxlan);
    const bool said = datapath.routing_mode.has_value();
    fmt::print("routing   tunnel, {}{}\n", name_of(protocol),
               said ? "" : ", unless your own values say otherwise");
    return;
  }
  std::vector<std::string> reached;
  for (const auto& native : {datapath.native_ipv4, datapath.native_ipv6}) {
    if (native) reached.push_back(to_string(native->prefix));
  }
  fmt::print("routing   native, reaching {}\n", join_words(reached));
}

}  // namespace

void print_mesh(const mesh::Mesh& mesh) {
  fmt::print("mesh      {}\n", mesh.name);
  fmt::print("cilium    {}, release {} in {}, domain {}, up to {} clusters\n", mesh.cilium.version,
             mesh.cilium.release, mesh.cilium.kube_namespace, mesh.cilium.domain,
             mesh.cilium.max_connected_clusters);
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto& pool = mesh.addressing.of(family);
    const std::string_view name = family == Family::ipv4 ? "ipv4" : "ipv6";
    if (!pool) {
      fmt::print("{}      off\n", name);
    } else if (pool->pool) {
      fmt::print("{}      {}: /{} a cluster, /{} a node\n", name, to_string(*pool->pool),
                 pool->cluster_length, pool->node_length);
    } else {
      fmt::print("{}      no pool, /{} a node\n", name, pool->node_length);
    }
  }
  print_routing(mesh.clusters.front().datapath);
  for (const mesh::GlobalService& service : mesh.services) {
    fmt::print("service   {}{}\n", qualified_name(service), service.sample ? ", with a sample workload" : "");
  }
  if (mesh.ingress) {
    fmt::print("ingress   {} -> {}\n", url(mesh), qualified_name(*ingress_backend(mesh)));
  }
  fmt::print("\n");
  print_clusters(mesh);
}

boost::json::object to_json(const mesh::Cluster& cluster) {
  boost::json::array pods;
  for (const auto& item : cluster.pod_cidrs) pods.push_back(boost::json::value(to_string(item.prefix)));
  return {{"name", cluster.name}, {"id", cluster.id.value()}, {"podCIDRs", std::move(pods)}};
}

boost::json::object to_json(const mesh::values::ClusterValues& cluster) {
  boost::json::array pods;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    if (!cluster.pods(family).enabled.value) continue;
    for (const auto& item : cluster.pods(family).prefixes)
      pods.push_back(boost::json::value(to_string(item.prefix)));
  }
  return {{"name", cluster.name.value},
          {"id", cluster.id.value},
          {"podCIDRs", std::move(pods)},
          {"files", cluster.files}};
}

void print_values(const std::vector<mesh::values::ClusterValues>& clusters) {
  TextTable table{7};
  table.row({"CLUSTER", "ID", "PODS", "ROUTING", "APISERVER", "PEERS", "VALUES"});
  for (const mesh::values::ClusterValues& cluster : clusters) {
    std::vector<mesh::LocatedPrefix> pods;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const auto& pool = cluster.pods(family);
      if (pool.enabled.value) pods.insert(pods.end(), pool.prefixes.begin(), pool.prefixes.end());
    }
    const bool native = cluster.native_routing();
    table.row({printable(cluster.name.value), std::to_string(cluster.id.value),
               list(pods, [](const auto& item) { return to_string(item.prefix); }),
               native ? "native" : printable(cluster.tunnel_protocol.value),
               cluster.use_apiserver.value
                   ? fmt::format("{} {}", printable(cluster.service_type.value), cluster.node_port.value)
                   : "off",
               peers_of(cluster), cluster.files});
  }
  std::fputs(table.text("").c_str(), stdout);
}

}  // namespace meshdrill::cli
