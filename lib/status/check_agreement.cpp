#include "mesh/check/check.hpp"
#include "mesh/check/check_pods.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/findings.hpp"
#include "status/as_mesh.hpp"
#include "status/checks.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

constexpr Duration clock_tolerance = std::chrono::seconds{5};

Level level_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return Level::error;
    case Severity::warning:
      return Level::warning;
    case Severity::note:
      return Level::note;
  }
  return Level::error;
}

// The cluster that a place of as_mesh.hpp stands for.
std::string cluster_at(const LiveMesh& mesh, const Location& where) {
  const std::string& place = where.file.str();
  for (const LiveCluster& cluster : mesh.clusters) {
    if (place == cluster.name() || place == "context " + cluster.context ||
        place == "the list of " + cluster.name()) {
      return cluster.name();
    }
    for (const NodeView& node : cluster.nodes) {
      if (place == "Node " + node.name) return cluster.name();
    }
  }
  return {};
}

void add(const LiveMesh& mesh, const Diagnostics& diagnostics, std::string_view rule, Found& found) {
  for (const Diagnostic& one : diagnostics) {
    found.add(rule.empty() ? one.rule : rule, level_of(one.severity), cluster_at(mesh, one.where), one.what,
              one.cure);
  }
}

void check_networks(const LiveMesh& mesh, Found& found) {
  add(mesh, mesh::check_networks(as_networks(mesh.clusters, false)), "network-overlap", found);
  mesh::Findings native;
  mesh::check_pods(as_networks(mesh.clusters, true), native);
  add(mesh, native.take(), "native-routing-cidr", found);
}

void check_versions(const LiveMesh& mesh, Found& found) {
  const LiveCluster* oldest = nullptr;
  const LiveCluster* newest = nullptr;
  const auto minor = [](const LiveCluster& cluster) {
    const auto version = mesh::parse_version(cluster.cilium);
    return version ? version->minor : -1;
  };
  for (const LiveCluster& cluster : mesh.clusters) {
    if (minor(cluster) < 0) continue;
    if (oldest == nullptr || minor(cluster) < minor(*oldest)) oldest = &cluster;
    if (newest == nullptr || minor(cluster) > minor(*newest)) newest = &cluster;
  }
  if (oldest == nullptr || minor(*newest) - minor(*oldest) < 2) return;
  found.add("version-skew", oldest->name(),
            fmt::format("Cilium {} here and {} in {} are {} minors apart", oldest->cilium, newest->cilium,
                        newest->name(), minor(*newest) - minor(*oldest)),
            fmt::format("Upgrade {} minor by minor.", oldest->name()));
}

void check_policy_default(const LiveMesh& mesh, Found& found) {
  const LiveCluster* first = nullptr;
  for (const LiveCluster& cluster : mesh.clusters) {
    if (cluster.config.empty()) continue;
    const auto value = [](const LiveCluster& one) {
      return one.setting("policy-default-local-cluster", "false");
    };
    if (first == nullptr) first = &cluster;
    if (value(cluster) == value(*first)) continue;
    found.add("policy-default-differs", cluster.name(),
              fmt::format("policy-default-local-cluster is {} here and {} in {}", value(cluster),
                          value(*first), first->name()),
              "Set clustermesh.policyDefaultLocalCluster to the same in all clusters.");
  }
}

// The Date of an HTTP answer is exact to a second, and so is what two of them differ by.
void check_clocks(const LiveMesh& mesh, Found& found) {
  const LiveCluster* first = nullptr;
  for (const LiveCluster& cluster : mesh.clusters) {
    if (!cluster.clock_ahead) continue;
    if (first == nullptr) first = &cluster;
    const Duration apart = *cluster.clock_ahead - *first->clock_ahead;
    if (std::chrono::abs(apart) <= clock_tolerance) continue;
    found.add("clock-differs", cluster.name(),
              fmt::format("the clock of its API server is {} {} that of {}",
                          format_duration(std::chrono::round<std::chrono::seconds>(std::chrono::abs(apart))),
                          apart > Duration::zero() ? "ahead of" : "behind", first->name()),
              "Check NTP on its control plane.");
  }
}

}  // namespace

void check_agreement(const LiveMesh& mesh, Found& found) {
  const mesh::values::MeshValues values = as_values(mesh.clusters);
  mesh::Findings by_values;
  mesh::values::check_identity(values, by_values);
  mesh::values::check_datapath(values, by_values);
  // Without peers in them, what is left of it is the clash of NodePorts.
  mesh::values::check_peers(values, by_values);
  add(mesh, by_values.take(), {}, found);
  check_networks(mesh, found);
  check_versions(mesh, found);
  check_policy_default(mesh, found);
  check_clocks(mesh, found);
}

}  // namespace meshdrill::status
