#include "mesh/check/check.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

enum class What { pods, nodes, services, network };

constexpr int in_a_cloud = 1;  // the cluster whose Pods are among its nodes

struct Placed {
  IpPrefix prefix;
  What what;
  int line;  // where it stands, and so which one it is
};

// The rule in words: Pods overlap nothing, except for the nodes of their own cluster where a cloud gives both
// their addresses; a cluster's ClusterIPs overlap no nodes.
bool may_overlap(const Placed& one, const Placed& other) {
  const What a = one.what;
  const What b = other.what;
  const bool pods_and_nodes = (a == What::pods && b == What::nodes) || (a == What::nodes && b == What::pods);
  if (pods_and_nodes && one.line % 3 == in_a_cloud && other.line % 3 == in_a_cloud) return true;
  if (a == What::pods || b == What::pods) return false;
  return !((a == What::services && b == What::nodes) || (a == What::nodes && b == What::services));
}

Mesh mesh_of(const std::vector<Placed>& placed) {
  Mesh mesh;
  mesh.clusters.resize(3);
  mesh.clusters[in_a_cloud].datapath.ipam = Ipam::eni;
  for (const Placed& item : placed) {
    Cluster& cluster = mesh.clusters.at(static_cast<std::size_t>(item.line % 3));
    const LocatedPrefix located{item.prefix, {"f", item.line, 1}};
    if (item.what == What::pods) cluster.pod_cidrs.push_back(located);
    if (item.what == What::nodes) cluster.node_cidrs.push_back(located);
    if (item.what == What::services) cluster.service_cidrs.push_back(located);
    if (item.what == What::network) mesh.networks.push_back({"n", item.prefix, located.where});
  }
  return mesh;
}

std::vector<Placed> random_networks(std::mt19937& random) {
  const auto below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
  const IpPrefix four = parse_prefix("10.0.0.0/16").value();
  const IpPrefix six = parse_prefix("fd00::/112").value();
  std::vector<Placed> placed;
  for (int line = 1 + below(9); line > 0; --line) {
    const bool ipv6 = below(4) == 0;
    const int bits = below(7);
    const auto index = static_cast<uint128>(below(1U << bits));
    const IpPrefix prefix =
        ipv6 ? six.subnet(112 + bits, index).value() : four.subnet(16 + bits, index).value();
    placed.push_back({prefix, static_cast<What>(below(4)), line});
  }
  return placed;
}

}  // namespace

TEST_CASE("overlap is found exactly where comparing every pair finds it") {
  std::mt19937 random{11};
  int clean = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::vector<Placed> placed = random_networks(random);
    std::set<int> clashing;  // lines in any forbidden pair
    std::set<std::pair<int, int>> pairs;
    for (const Placed& a : placed) {
      for (const Placed& b : placed) {
        if (a.line == b.line || may_overlap(a, b) || !a.prefix.overlaps(b.prefix)) continue;
        pairs.emplace(a.line, b.line);
        clashing.insert(a.line);
      }
    }
    const Diagnostics found = check_networks(mesh_of(placed));
    CHECK(found.empty() == clashing.empty());
    clean += clashing.empty() ? 1 : 0;
    std::set<int> reported;
    for (const Diagnostic& finding : found) {
      // "… (Pods of x, f:LINE:1)" names the other one: the pair must be a forbidden one.
      const std::size_t at = finding.what.rfind("f:");
      const int other = std::stoi(finding.what.substr(at + 2));
      CHECK(pairs.contains({finding.where.line, other}));
      reported.insert(finding.where.line);
      reported.insert(other);
    }
    // Nobody in a clash is left out when it lies in another, or is the only one around it.
    for (const Placed& inner : placed) {
      const bool inside = std::any_of(placed.begin(), placed.end(), [&](const Placed& outer) {
        return outer.line != inner.line && !may_overlap(outer, inner) &&
               outer.prefix.contains(inner.prefix) && outer.prefix != inner.prefix;
      });
      if (inside) CHECK(reported.contains(inner.line));
    }
  }
  CHECK(clean > 100);
  CHECK(clean < 2900);
}

TEST_CASE("many clusters on one node network cost no more than few") {
  Mesh mesh;
  for (int i = 0; i < 20000; ++i) {
    Cluster cluster;
    cluster.name = fmt::format("c{}", i);
    cluster.node_cidrs.push_back({parse_prefix("192.168.0.0/16").value(), {}});
    cluster.pod_cidrs.push_back(
        {parse_prefix("10.0.0.0/8").value().subnet(24, static_cast<uint128>(i)).value(), {}});
    mesh.clusters.push_back(std::move(cluster));
  }
  CHECK(check_networks(mesh).empty());
  mesh.networks.push_back({"all", parse_prefix("0.0.0.0/0").value(), {}});
  CHECK(check_networks(mesh).size() == 20000);
}

}  // namespace meshdrill::mesh
