#include "mesh/check/check.hpp"
#include "mesh/check/check_pods.hpp"
#include "mesh/findings.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

enum class Kind { pods, nodes, services, network };

struct Claim {
  IpPrefix prefix;
  Kind kind;
  std::string_view what;   // "Pods"
  const Cluster* cluster;  // whose; nullptr for a network outside the mesh
  std::string_view name;   // of the cluster or the network
  const Location* where;
};

// Which networks must be apart. Nodes of several clusters may share a network, and so may ClusterIPs, which
// never leave their cluster; but a route to a node must not be taken for a ClusterIP. Cilium's set-up guide
// asks for Pods and nodes that are unique in the whole mesh; nothing in Cilium checks it
// (cilium/cilium#13766).
bool must_differ(Kind a, Kind b) {
  if (a == Kind::pods || b == Kind::pods) return true;
  return (a == Kind::services && b == Kind::nodes) || (a == Kind::nodes && b == Kind::services);
}

// The same for two claims: where a cloud gives a cluster's Pods and nodes their addresses, no two are alike.
bool clash(const Claim& a, const Claim& b) {
  if (!must_differ(a.kind, b.kind)) return false;
  const bool pods_and_nodes =
      (a.kind == Kind::pods && b.kind == Kind::nodes) || (a.kind == Kind::nodes && b.kind == Kind::pods);
  return !(pods_and_nodes && a.cluster == b.cluster && shares_node_networks(a.cluster->datapath));
}

IpPrefix whole(const IpAddress& address) {
  return {address, width(address.family)};
}

void claim_cluster(const Cluster& cluster, std::vector<Claim>& claims) {
  const auto claim = [&](Kind kind, std::string_view what, const IpPrefix& prefix, const Location& where) {
    claims.push_back({prefix, kind, what, &cluster, cluster.name, &where});
  };
  for (const LocatedPrefix& item : cluster.pod_cidrs) claim(Kind::pods, "Pods", item.prefix, item.where);
  for (const LocatedPrefix& item : cluster.node_cidrs) claim(Kind::nodes, "nodes", item.prefix, item.where);
  for (const LocatedPrefix& item : cluster.service_cidrs) {
    claim(Kind::services, "ClusterIPs", item.prefix, item.where);
  }
  for (const LocatedAddress& item : cluster.nodes) {
    claim(Kind::nodes, "a node", whole(item.address), item.where);
  }
  for (const LocatedAddress& item : cluster.apiserver.ips) {
    claim(Kind::nodes, "clustermesh-apiserver", whole(item.address), item.where);
  }
  for (const LocatedAddress& item : cluster.ingress) {
    claim(Kind::nodes, "ingress", whole(item.address), item.where);
  }
}

std::vector<Claim> all_claims(const Mesh& mesh) {
  std::vector<Claim> claims;
  claims.reserve(mesh.networks.size() + 4 * mesh.clusters.size());
  for (const NamedNetwork& network : mesh.networks) {
    claims.push_back({network.prefix, Kind::network, "network", nullptr, network.name, &network.where});
  }
  for (const Cluster& cluster : mesh.clusters) claim_cluster(cluster, claims);
  return claims;
}

std::string owner(const Claim& claim) {
  return fmt::format("{} {}{}", claim.what, claim.cluster == nullptr ? "" : "of ", claim.name);
}

// Prefixes of one family either nest or are apart. So with the claims sorted by their first address, widest
// first, the ones that hold the claim in hand are a stack, one for each kind. Equal ones share a place in it,
// so that a stack is never deeper than an address is long.
class Nesting {
 public:
  explicit Nesting(Findings& found) : found_(found) {}

  // Reports every kind of earlier claim that `claim` lies in and must not.
  void add(const Claim& claim) {
    for (std::vector<Level>& stack : open_) {
      while (!stack.empty() && !stack.back().first->prefix.overlaps(claim.prefix)) stack.pop_back();
      if (const Claim* outer = nearest_clash(stack, claim)) report(claim, *outer);
    }
    std::vector<Level>& stack = open_[static_cast<std::size_t>(claim.kind)];
    if (stack.empty() || stack.back().first->prefix != claim.prefix) {
      stack.push_back({&claim, nullptr});
    } else if (stack.back().other == nullptr && stack.back().first->cluster != claim.cluster) {
      stack.back().other = &claim;
    }
  }

 private:
  // The claims to one prefix: the first, and one of another cluster. A claim that gets on with its own
  // cluster's clashes with the other one.
  struct Level {
    const Claim* first;
    const Claim* other;
  };

  static const Claim* nearest_clash(const std::vector<Level>& stack, const Claim& claim) {
    for (auto level = stack.rbegin(); level != stack.rend(); ++level) {
      if (clash(claim, *level->first)) return level->first;
      if (level->other != nullptr && clash(claim, *level->other)) return level->other;
    }
    return nullptr;
  }

  void report(const Claim& inner, const Claim& outer) {
    found_.error(
        "pod-cidr-overlap", *inner.where,
        fmt::format("{} ({}) overlaps {} ({}, {})", to_string(inner.prefix), owner(inner),
                    to_string(outer.prefix), owner(outer), to_string(*outer.where)),
        "Traffic for one would be sent to the other; neither Helm nor Cilium notices. Choose ranges that "
        "are apart.");
  }

  Findings& found_;
  std::array<std::vector<Level>, 4> open_;
};

// An address stands for one node.
void check_nodes(const Mesh& mesh, Findings& found) {
  std::map<IpAddress, Location> seen;
  for (const Cluster& cluster : mesh.clusters) {
    for (const LocatedAddress& node : cluster.nodes) {
      found.repeated("duplicate-address", seen, node.address, node.where,
                     fmt::format("nodes: a second node has {}", to_string(node.address)),
                     "Node addresses must be unique in the whole mesh.");
    }
  }
}

void check_overlap(const Mesh& mesh, Findings& found) {
  std::vector<Claim> claims = all_claims(mesh);
  // Of equal prefixes the Pods come last, and then the later in the file: that is the one reported.
  const auto key = [](const Claim& claim) {
    return std::tuple{claim.prefix, claim.kind == Kind::pods, claim.where->line, claim.where->column};
  };
  std::sort(claims.begin(), claims.end(), [&](const Claim& a, const Claim& b) { return key(a) < key(b); });
  Nesting nesting{found};
  for (const Claim& claim : claims) nesting.add(claim);
}

}  // namespace

Diagnostics check_networks(const Mesh& mesh) {
  Findings found;
  check_pods(mesh, found);
  check_nodes(mesh, found);
  check_overlap(mesh, found);
  return found.take();
}

}  // namespace meshdrill::mesh
