#include "mesh/check/check_pods.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

// Rules for one Pod CIDR, from the operator's cidrset: a node's share that is wider than the CIDR is no error
// there, but leaves zero blocks.
void check_mask(const Cluster& cluster, const LocatedPrefix& pods, const AddressPool& pool, Findings& found) {
  const int bits = pool.node_length - pods.prefix.length;
  if (bits < 0) {
    found.error("pod-cidr-mask", pods.where,
                fmt::format("podCIDRs: a node's /{} does not fit into {} of {}: Cilium starts with zero "
                            "blocks and every Pod waits with \"no remaining CIDRs\"",
                            pool.node_length, to_string(pods.prefix), cluster.name),
                "Give the cluster a wider Pod CIDR, or nodes a longer one.");
  } else if (bits > 16 && pods.prefix.family() == Family::ipv6) {
    found.error("pod-cidr-mask", pods.where,
                fmt::format("podCIDRs: {} holds 2^{} blocks of /{}; Cilium's operator refuses more than "
                            "2^16 (\"node CIDR size is too big\")",
                            to_string(pods.prefix), bits, pool.node_length),
                fmt::format("Use a /{} or longer.", pool.node_length - 16));
  }
}

// The Pods with the lowest and the highest address of a family: a prefix that holds both holds all.
struct Extremes {
  struct End {
    const LocatedPrefix* pods = nullptr;
    const Cluster* cluster = nullptr;
  };
  End lowest;
  End highest;
};

Extremes extremes(const Mesh& mesh, Family family) {
  Extremes found;
  for (const Cluster& cluster : mesh.clusters) {
    for (const LocatedPrefix& pods : cluster.pod_cidrs) {
      if (pods.prefix.family() != family) continue;
      if (found.lowest.pods == nullptr || pods.prefix.base < found.lowest.pods->prefix.base) {
        found.lowest = {&pods, &cluster};
      }
      if (found.highest.pods == nullptr || pods.prefix.last() > found.highest.pods->prefix.last()) {
        found.highest = {&pods, &cluster};
      }
    }
  }
  return found;
}

void check_native(const Mesh& mesh, Family family, Findings& found) {
  const Extremes all = extremes(mesh, family);
  if (all.lowest.pods == nullptr) return;
  const auto& pool = mesh.addressing.of(family);
  Places said;
  for (const Cluster& cluster : mesh.clusters) {
    if (cluster.datapath.routing_mode != RoutingMode::native) continue;
    std::optional<LocatedPrefix> native = cluster.datapath.native(family);
    if (!native && pool && pool->pool) native = LocatedPrefix{*pool->pool, pool->where};
    if (!native) continue;
    for (const Extremes::End& end : {all.lowest, all.highest}) {
      if (native->prefix.contains(end.pods->prefix) || !said.insert(native->where)) continue;
      found.error(
          "native-routing-cidr", native->where,
          fmt::format("routing.{}NativeRoutingCIDR: {} does not hold {} (Pods of {}, {}); traffic to them "
                      "would be masqueraded and policies would not know it (cilium/cilium#33822)",
                      name_of(family), to_string(native->prefix), to_string(end.pods->prefix),
                      end.cluster->name, to_string(end.pods->where)),
          "Name a range that holds the Pods of all clusters.");
    }
  }
}

const std::string own_ipv4 = "Use 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.";
const std::string own_ipv6 = "Use a range of your own below fd00::/8.";

// Ranges that no Pod can have an address of, whatever is routed: nodes drop such packets, or keep them.
struct Reserved {
  IpPrefix range;
  std::string_view what;
};

const Reserved* find_reserved(const IpPrefix& prefix) {
  static const std::array ranges{
      Reserved{parse_prefix("0.0.0.0/8").value(), "\"this network\""},
      Reserved{parse_prefix("127.0.0.0/8").value(), "loopback"},
      Reserved{parse_prefix("169.254.0.0/16").value(), "link-local"},
      Reserved{parse_prefix("224.0.0.0/4").value(), "multicast"},
      Reserved{parse_prefix("255.255.255.255/32").value(), "broadcast"},
      Reserved{parse_prefix("::/127").value(), "loopback"},
      Reserved{parse_prefix("::ffff:0.0.0.0/96").value(), "IPv4 addresses written as IPv6"},
      Reserved{parse_prefix("fe80::/10").value(), "link-local"},
      Reserved{parse_prefix("ff00::/8").value(), "multicast"},
  };
  const auto found = std::find_if(ranges.begin(), ranges.end(),
                                  [&](const Reserved& reserved) { return reserved.range.overlaps(prefix); });
  return found == ranges.end() ? nullptr : &*found;
}

// Calls `each` with the pools, and then with the Pod CIDRs that are not from one.
template <class Each>
void for_each_pod_range(const Mesh& mesh, Each each) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto& pool = mesh.addressing.of(family);
    if (pool && pool->pool)
      each(nullptr, fmt::format("addressing.{}.pool", name_of(family)),
           LocatedPrefix{*pool->pool, pool->where});
  }
  for (const Cluster& cluster : mesh.clusters) {
    for (const LocatedPrefix& pods : cluster.pod_cidrs) {
      const auto& pool = mesh.addressing.of(pods.prefix.family());
      if (pool && pool->pool && pool->pool->contains(pods.prefix)) continue;
      each(&cluster, "podCIDRs", pods);
    }
  }
}

void check_reserved(const Mesh& mesh, Findings& found) {
  for_each_pod_range(mesh, [&](const Cluster*, std::string_view key, const LocatedPrefix& pods) {
    const Reserved* reserved = find_reserved(pods.prefix);
    if (reserved == nullptr) return;
    found.error("pod-cidr-reserved", pods.where,
                fmt::format("{}: {} overlaps {} ({}), where no Pod can be reached", key,
                            to_string(pods.prefix), to_string(reserved->range), reserved->what),
                pods.prefix.family() == Family::ipv4 ? own_ipv4 : own_ipv6);
  });
}

// Space that no network of one's own is in unless one was given it: not RFC 1918, 6598, 4193 and the like.
bool is_public(const IpPrefix& prefix) {
  static const std::array not_public = [] {
    std::array<IpPrefix, 13> ranges;
    constexpr std::array texts{"10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16",  "100.64.0.0/10",
                               "198.18.0.0/15",  "192.0.2.0/24",  "198.51.100.0/24", "203.0.113.0/24",
                               "169.254.0.0/16", "240.0.0.0/4",   "2001:db8::/32",   "3fff::/20",
                               "0.0.0.0/8"};
    std::transform(texts.begin(), texts.end(), ranges.begin(),
                   [](const char* text) { return parse_prefix(text).value(); });
    return ranges;
  }();
  static const IpPrefix global_unicast = parse_prefix("2000::/3").value();
  if (prefix.family() == Family::ipv6 && !global_unicast.contains(prefix)) return false;
  return std::none_of(not_public.begin(), not_public.end(),
                      [&](const IpPrefix& range) { return range.contains(prefix); });
}

void check_public(const Mesh& mesh, Findings& found) {
  for_each_pod_range(mesh, [&](const Cluster* cluster, std::string_view key, const LocatedPrefix& pods) {
    const bool given = cluster != nullptr && shares_node_networks(cluster->datapath);
    if (given || !is_public(pods.prefix) || find_reserved(pods.prefix) != nullptr) return;
    found.note("public-range", pods.where,
               fmt::format("{}: {} is routed in the Internet; unless it was given to you, Pods cannot reach "
                           "those who have it",
                           key, to_string(pods.prefix)),
               pods.prefix.family() == Family::ipv4 ? own_ipv4 : own_ipv6);
  });
}

}  // namespace

void check_pods(const Mesh& mesh, Findings& found) {
  for (const Cluster& cluster : mesh.clusters) {
    if (cluster.datapath.ipam != Ipam::cluster_pool) continue;
    for (const LocatedPrefix& pods : cluster.pod_cidrs) {
      const auto& pool = mesh.addressing.of(pods.prefix.family());
      if (pool) check_mask(cluster, pods, *pool, found);
    }
  }
  for (const Family family : {Family::ipv4, Family::ipv6}) check_native(mesh, family, found);
  check_reserved(mesh, found);
  check_public(mesh, found);
}

}  // namespace meshdrill::mesh
