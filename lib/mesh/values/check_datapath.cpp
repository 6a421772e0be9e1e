#include "mesh/values/rules.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

struct Agreement {
  std::string_view rule;
  std::string_view key;
  Setting<std::string> ClusterValues::* setting;
  std::string_view why;
};

constexpr std::string_view one_datapath = "Cluster Mesh needs the same datapath mode everywhere";

constexpr Agreement routing{"routing-mode-differs", "routingMode", &ClusterValues::routing_mode,
                            one_datapath};
constexpr Agreement tunnel{"tunnel-protocol-differs", "tunnelProtocol", &ClusterValues::tunnel_protocol,
                           one_datapath};
constexpr Agreement encryption{
    "encryption-differs", "encryption", &ClusterValues::encryption,
    "a mesh that is encrypted in parts is not documented, and an IPsec key must be the same"};

void check_agreement(const MeshValues& mesh, const Agreement& agreement, Severity severity, Findings& found) {
  const ClusterValues& first = mesh.clusters.front();
  const std::string& wanted = (first.*agreement.setting).value;
  for (const ClusterValues& cluster : mesh.clusters) {
    const auto& setting = cluster.*agreement.setting;
    if (setting.value == wanted) continue;
    const std::string what =
        fmt::format("{} is {}{} here and {}{} in {}: {}", agreement.key, setting.value,
                    setting.written ? "" : " (the default)", wanted,
                    (first.*agreement.setting).written ? "" : " (the default)", first.label(), agreement.why);
    if (severity == Severity::error) {
      found.error(agreement.rule, setting.where, what);
    } else {
      found.warning(agreement.rule, setting.where, what);
    }
  }
}

void check_tunnel_port(const MeshValues& mesh, Findings& found) {
  const auto port = [](const ClusterValues& cluster) {
    const HelmValue* value = cluster.cilium.find("tunnelPort");
    return value == nullptr ? 0 : value->integer().value_or(0);
  };
  const long long wanted = port(mesh.clusters.front());
  for (const ClusterValues& cluster : mesh.clusters) {
    if (port(cluster) == wanted) continue;
    const HelmValue* value = cluster.cilium.find("tunnelPort");
    found.error(
        "tunnel-protocol-differs", value == nullptr ? cluster.whole : value->where,
        fmt::format("tunnelPort is {} here and {} in {} (0: the protocol's own): the nodes cannot reach each "
                    "other",
                    port(cluster), wanted, mesh.clusters.front().label()));
  }
}

// Backends are merged a family at a time: the other side has none of the family that it lacks.
void check_families(const MeshValues& mesh, Findings& found) {
  const ClusterValues& first = mesh.clusters.front();
  for (const ClusterValues& cluster : mesh.clusters) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const auto& enabled = cluster.pods(family).enabled;
      if (enabled.value == first.pods(family).enabled.value) continue;
      found.warning(
          "family-differs", enabled.where,
          fmt::format(
              "{} is {} here and {} in {}: Services of this family have no backends on the other side",
              family == Family::ipv4 ? "ipv4" : "ipv6", enabled.value ? "on" : "off",
              enabled.value ? "off" : "on", first.label()));
    }
  }
}

}  // namespace

void check_datapath(const MeshValues& mesh, Findings& found) {
  if (mesh.clusters.empty()) return;
  check_agreement(mesh, routing, Severity::error, found);
  check_agreement(mesh, encryption, Severity::warning, found);
  if (!mesh.clusters.front().native_routing()) {
    check_agreement(mesh, tunnel, Severity::error, found);
    check_tunnel_port(mesh, found);
  }
  check_families(mesh, found);
}

}  // namespace meshdrill::mesh::values
