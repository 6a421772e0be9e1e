#include "mesh/check.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

enum class Kind { pods, nodes, services, network };

struct Claim {
  IpPrefix prefix;
  Kind kind;
  std::string owner;  // "Pods of cilium-001"
  Location where;
};

// Which networks must be apart. Nodes of several clusters may share a network, and so may ClusterIPs, which
// never leave their cluster; but a route to a node must not be taken for a ClusterIP. Cilium's set-up guide
// asks for Pods and nodes that are unique in the whole mesh; nothing in Cilium checks it
// (cilium/cilium#13766).
bool must_differ(Kind a, Kind b) {
  if (a == Kind::pods || b == Kind::pods) return true;
  return (a == Kind::services && b == Kind::nodes) || (a == Kind::nodes && b == Kind::services);
}

IpPrefix whole(const IpAddress& address) {
  return {address, width(address.family)};
}

void claim_cluster(const Cluster& cluster, std::vector<Claim>& claims) {
  const auto claim = [&](const IpPrefix& prefix, Kind kind, std::string_view what, const Location& where) {
    claims.push_back({prefix, kind, fmt::format("{} of {}", what, cluster.name), where});
  };
  for (const LocatedPrefix& pods : cluster.pod_cidrs) claim(pods.prefix, Kind::pods, "Pods", pods.where);
  for (const LocatedPrefix& nodes : cluster.node_cidrs)
    claim(nodes.prefix, Kind::nodes, "nodes", nodes.where);
  for (const LocatedPrefix& services : cluster.service_cidrs) {
    claim(services.prefix, Kind::services, "ClusterIPs", services.where);
  }
  for (const LocatedAddress& ip : cluster.apiserver.ips) {
    claim(whole(ip.address), Kind::nodes, "clustermesh-apiserver", ip.where);
  }
  for (const LocatedAddress& ip : cluster.ingress) claim(whole(ip.address), Kind::nodes, "ingress", ip.where);
}

std::vector<Claim> all_claims(const Mesh& mesh) {
  std::vector<Claim> claims;
  claims.reserve(mesh.networks.size() + 4 * mesh.clusters.size());
  for (const NamedNetwork& network : mesh.networks) {
    claims.push_back({network.prefix, Kind::network, fmt::format("network {}", network.name), network.where});
  }
  for (const Cluster& cluster : mesh.clusters) claim_cluster(cluster, claims);
  return claims;
}

// Prefixes of one family either nest or are apart. So with the claims sorted by their first address, widest
// first, the ones that hold the claim in hand are a stack, one for each kind.
class Nesting {
 public:
  // Reports every kind of earlier claim that `claim` lies in and must not.
  void add(const Claim& claim, Diagnostics& found) {
    for (std::size_t kind = 0; kind < open_.size(); ++kind) {
      std::vector<const Claim*>& stack = open_[kind];
      while (!stack.empty() && !stack.back()->prefix.overlaps(claim.prefix)) stack.pop_back();
      if (!stack.empty() && must_differ(claim.kind, static_cast<Kind>(kind))) {
        found.push_back(overlap(claim, *stack.back()));
      }
    }
    open_[static_cast<std::size_t>(claim.kind)].push_back(&claim);
  }

 private:
  static Diagnostic overlap(const Claim& inner, const Claim& outer) {
    return {
        Severity::error, inner.where,
        fmt::format("{} ({}) overlaps {} ({}, {})", to_string(inner.prefix), inner.owner,
                    to_string(outer.prefix), outer.owner, to_string(outer.where)),
        "Traffic for one would be sent to the other; neither Helm nor Cilium notices. Choose ranges that are "
        "apart."};
  }

  std::array<std::vector<const Claim*>, 4> open_;
};

// Rules for one Pod CIDR, from the operator's cidrset: a node's share that is wider than the CIDR is no error
// there, but leaves zero blocks.
void check_mask(const Cluster& cluster, const LocatedPrefix& pods, const AddressPool& pool,
                Diagnostics& found) {
  const int bits = pool.node_length - pods.prefix.length;
  if (bits < 0) {
    found.push_back({Severity::error, pods.where,
                     fmt::format("podCIDRs: a node's /{} does not fit into {} of {}: Cilium starts with zero "
                                 "blocks and every Pod waits with \"no remaining CIDRs\"",
                                 pool.node_length, to_string(pods.prefix), cluster.name),
                     "Give the cluster a wider Pod CIDR, or nodes a longer one."});
  } else if (bits > 16 && pods.prefix.family() == Family::ipv6) {
    found.push_back({Severity::error, pods.where,
                     fmt::format("podCIDRs: {} holds 2^{} blocks of /{}; Cilium's operator refuses more than "
                                 "2^16 (\"node CIDR size is too big\")",
                                 to_string(pods.prefix), bits, pool.node_length),
                     fmt::format("Use a /{} or longer.", pool.node_length - 16)});
  }
}

}  // namespace

Diagnostics check_networks(const Mesh& mesh) {
  Diagnostics found;
  for (const Cluster& cluster : mesh.clusters) {
    for (const LocatedPrefix& pods : cluster.pod_cidrs) {
      const auto& pool = mesh.addressing.of(pods.prefix.family());
      if (pool) check_mask(cluster, pods, *pool, found);
    }
  }
  std::vector<Claim> claims = all_claims(mesh);
  // Of equal prefixes the Pods come last, and then the later in the file: that is the one reported.
  const auto key = [](const Claim& claim) {
    return std::tuple{claim.prefix, claim.kind == Kind::pods, claim.where.line, claim.where.column};
  };
  std::sort(claims.begin(), claims.end(), [&](const Claim& a, const Claim& b) { return key(a) < key(b); });
  Nesting nesting;
  for (const Claim& claim : claims) nesting.add(claim, found);
  return found;
}

}  // namespace meshdrill::mesh
