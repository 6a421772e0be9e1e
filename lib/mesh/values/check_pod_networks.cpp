#include "mesh/check/check.hpp"
#include "mesh/values/rules.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

constexpr std::string_view default_pool(Family family) {
  return family == Family::ipv4 ? "10.0.0.0/8" : "fd00::/104";
}

constexpr std::string_view list_name(Family family) {
  return family == Family::ipv4 ? "ipam.operator.clusterPoolIPv4PodCIDRList"
                                : "ipam.operator.clusterPoolIPv6PodCIDRList";
}

bool uses_pools(const ClusterValues& cluster) {
  return cluster.ipam_mode.value == "cluster-pool" || cluster.ipam_mode.value == "cluster-pool-v2beta";
}

bool uses_default(const ClusterValues& cluster, Family family) {
  const PodPool& pool = cluster.pods(family);
  return uses_pools(cluster) && pool.enabled.value && !pool.written;
}

// The range that every chart has as its default cannot be right in more than one cluster.
void check_defaults(const MeshValues& mesh, Family family, Findings& found) {
  const auto defaults =
      std::count_if(mesh.clusters.begin(), mesh.clusters.end(),
                    [&](const ClusterValues& cluster) { return uses_default(cluster, family); });
  for (const ClusterValues& cluster : mesh.clusters) {
    if (!uses_default(cluster, family)) continue;
    const std::string what =
        fmt::format("{} is not set, so the chart's {} is used", list_name(family), default_pool(family));
    if (defaults > 1) {
      found.error("pod-cidr-default", cluster.whole, what + ", in more than one cluster",
                  "Give each cluster a range of its own.");
    } else {
      found.warning("pod-cidr-default", cluster.whole, what + ", which no other cluster's Pods may touch",
                    "Give the cluster a range of its own.");
    }
  }
}

// The model's own rule for one prefix, under this cluster's mask.
void check_masks(const ClusterValues& cluster, Family family, Findings& found) {
  const PodPool& pool = cluster.pods(family);
  if (pool.mask.value < 1 || pool.mask.value > width(family)) {
    found.error("pod-cidr-mask", pool.mask.where,
                fmt::format("the mask size {} is not between 1 and {}", pool.mask.value, width(family)));
    return;
  }
  Mesh alone;
  alone.clusters.resize(1);
  alone.clusters[0].name = cluster.label();
  AddressPool share;
  share.node_length = pool.mask.value;
  (family == Family::ipv4 ? alone.addressing.ipv4 : alone.addressing.ipv6) = share;
  for (const LocatedPrefix& prefix : pool.prefixes) {
    alone.clusters[0].pod_cidrs = {prefix};
    found.add(check_networks(alone), "pod-cidr-mask");
  }
}

void check_family(const ClusterValues& cluster, Family family, Findings& found) {
  const PodPool& pool = cluster.pods(family);
  if (!uses_pools(cluster)) {
    if (pool.written && cluster.ipam_mode.value == "kubernetes") {
      found.note("pod-cidr-unused", pool.where,
                 fmt::format("{} is not used with ipam.mode kubernetes; it is checked as what the Pods have",
                             list_name(family)));
    }
    return;
  }
  if (!pool.enabled.value) return;
  if (pool.written && pool.prefixes.empty()) {
    found.error("pod-cidr-form", pool.where,
                fmt::format("{} holds no CIDR; the operator does not start", list_name(family)));
  }
  check_masks(cluster, family, found);
}

// Where peers find the clustermesh-apiserver of `cluster`: addresses of its nodes or its load balancer.
void claim_addresses(const MeshValues& mesh, const ClusterValues& cluster, Cluster& claims) {
  std::set<std::string_view> seen;
  for (const auto& [other, peer] : mesh.peers.of(cluster.name.value)) {
    for (const Peer::Text& ip : peer->ips) {
      if (!seen.insert(ip.value).second) continue;
      const auto address = parse_ip(ip.value);
      if (address) claims.apiserver.ips.push_back({*address, other->peers.at(ip.where)});
    }
  }
}

void check_overlaps(const MeshValues& mesh, Findings& found) {
  Mesh all;
  for (const ClusterValues& cluster : mesh.clusters) {
    Cluster claims;
    claims.name = cluster.label();
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const PodPool& pool = cluster.pods(family);
      if (pool.enabled.value) {
        claims.pod_cidrs.insert(claims.pod_cidrs.end(), pool.prefixes.begin(), pool.prefixes.end());
      }
    }
    claim_addresses(mesh, cluster, claims);
    all.clusters.push_back(std::move(claims));
  }
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto defaults =
        std::count_if(mesh.clusters.begin(), mesh.clusters.end(),
                      [&](const ClusterValues& cluster) { return uses_default(cluster, family); });
    if (defaults != 1) continue;  // none, or reported as what it is
    for (std::size_t i = 0; i < mesh.clusters.size(); ++i) {
      if (!uses_default(mesh.clusters[i], family)) continue;
      all.clusters[i].pod_cidrs.push_back(
          {parse_prefix(default_pool(family)).value(), mesh.clusters[i].whole});
    }
  }
  found.add(check_networks(all), "pod-cidr-overlap");
}

// Without a route that covers them, traffic to the other clusters' Pods leaves masqueraded
// (cilium/cilium#33822).
void check_native(const MeshValues& mesh, const ClusterValues& cluster, Family family, Findings& found) {
  const PodPool& own = cluster.pods(family);
  if (!cluster.native_routing() || !own.enabled.value) return;
  const std::string_view key = family == Family::ipv4 ? "ipv4NativeRoutingCIDR" : "ipv6NativeRoutingCIDR";
  if (own.native.empty()) {
    found.warning("native-routing-cidr", cluster.whole,
                  fmt::format("{} is not set though routingMode is native", key),
                  "Set it to a range that covers the Pods of all clusters, or their traffic is masqueraded.");
    return;
  }
  for (const ClusterValues& other : mesh.clusters) {
    for (const LocatedPrefix& pods : other.pods(family).prefixes) {
      const bool covered =
          std::any_of(own.native.begin(), own.native.end(),
                      [&](const LocatedPrefix& native) { return native.prefix.contains(pods.prefix); });
      if (covered) continue;
      found.error(
          "native-routing-cidr", own.native.front().where,
          fmt::format("{} of {} does not cover {}, Pods of {} ({}): traffic to them is masqueraded", key,
                      cluster.label(), to_string(pods.prefix), other.label(), to_string(pods.where)),
          "Set it to a range that covers the Pods of all clusters.");
    }
  }
}

}  // namespace

void check_pod_networks(const MeshValues& mesh, Findings& found) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    check_defaults(mesh, family, found);
    for (const ClusterValues& cluster : mesh.clusters) {
      check_family(cluster, family, found);
      check_native(mesh, cluster, family, found);
    }
  }
  check_overlaps(mesh, found);
}

}  // namespace meshdrill::mesh::values
