#include "base/text.hpp"
#include "mesh/check/check_cilium.hpp"

#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

// What a cluster's agents do when nothing is said: the chart's defaults.
RoutingMode mode_of(const Cluster& cluster) {
  return cluster.datapath.routing_mode.value_or(RoutingMode::tunnel);
}

TunnelProtocol protocol_of(const Cluster& cluster) {
  return cluster.datapath.tunnel_protocol.value_or(TunnelProtocol::vxlan);
}

Encryption encryption_of(const Cluster& cluster) {
  return cluster.datapath.encryption.value_or(Encryption::none);
}

// Where a cluster's settings stand: its own section, the mesh's, or else its name.
const Location& where_or_name(const Location& section, const Cluster& cluster) {
  return section.line == 0 ? cluster.where : section;
}

class DatapathCheck {
 public:
  DatapathCheck(const Mesh& mesh, Findings& found) : mesh_(mesh), found_(found) {}

  // Each cluster by itself and against the first.
  void run() {
    for (const Cluster& cluster : mesh_.clusters) {
      check_mode(cluster, mesh_.clusters.front());
      check_encryption(cluster, mesh_.clusters.front());
      for (const Family family : {Family::ipv4, Family::ipv6}) {
        check_native(cluster, mesh_.clusters.front(), family);
      }
      check_source(cluster);
      if (mesh_.ingress) check_ingress(cluster, *mesh_.ingress);
    }
  }

 private:
  void check_mode(const Cluster& cluster, const Cluster& first);
  void check_encryption(const Cluster& cluster, const Cluster& first);
  void check_native(const Cluster& cluster, const Cluster& first, Family family);
  void check_source(const Cluster& cluster);
  void check_ingress(const Cluster& cluster, const Ingress& ingress);

  const Mesh& mesh_;
  Findings& found_;
  Places modes_, encryptions_, keys_, proxies_, replacements_;
  std::array<Places, 2> natives_;
};

void DatapathCheck::check_mode(const Cluster& cluster, const Cluster& first) {
  const Location& where = where_or_name(cluster.datapath.routing_where, cluster);
  const bool native = mode_of(cluster) == RoutingMode::native;
  if (mode_of(cluster) != mode_of(first)) {
    if (!modes_.insert(where)) return;
    found_.error("routing-mode-differs", where,
                 fmt::format("routing.mode: {} is {}, {} is {}; their Pods could not reach each other",
                             cluster.name, name_of(mode_of(cluster)), first.name, name_of(mode_of(first))),
                 "Use one datapath mode in all clusters.");
  } else if (!native && protocol_of(cluster) != protocol_of(first) && modes_.insert(where)) {
    found_.error(
        "tunnel-protocol-differs", where,
        fmt::format("routing.tunnelProtocol: {} uses {}, {} uses {}; they listen on different ports",
                    cluster.name, name_of(protocol_of(cluster)), first.name, name_of(protocol_of(first))),
        "Use one tunnel protocol in all clusters.");
  }
}

void DatapathCheck::check_encryption(const Cluster& cluster, const Cluster& first) {
  const Location& where = where_or_name(cluster.datapath.cilium_where, cluster);
  if (encryption_of(cluster) != encryption_of(first) && encryptions_.insert(where)) {
    found_.warning(
        "encryption-differs", where,
        fmt::format("cilium.encryption: {} has {}, {} has {}; Cilium documents no mesh that mixes them",
                    cluster.name, name_of(encryption_of(cluster)), first.name, name_of(encryption_of(first))),
        "Use one method in all clusters.");
  }
  if (encryption_of(cluster) == Encryption::ipsec && keys_.insert(where)) {
    found_.note(
        "ipsec-key", where,
        "cilium.encryption: with ipsec all clusters need the same Secret cilium-ipsec-keys, also after "
        "each rotation",
        "Make it before phase 1; rotate while all nodes run one version.");
  }
}

void DatapathCheck::check_native(const Cluster& cluster, const Cluster& first, Family family) {
  if (mode_of(cluster) != mode_of(first)) return;  // said already
  Places& places = natives_[family == Family::ipv4 ? 0 : 1];
  const auto& native = cluster.datapath.native(family);
  const auto& pool = mesh_.addressing.of(family);
  if (native && mode_of(cluster) == RoutingMode::tunnel) {
    if (!places.insert(native->where)) return;
    found_.error("native-routing-cidr", native->where,
                 fmt::format("routing.{}NativeRoutingCIDR: is for native routing, and {} uses tunnels",
                             name_of(family), cluster.name),
                 "Add mode: native, or leave the key out.");
  } else if (native && !pool) {
    if (!places.insert(native->where)) return;
    found_.error("native-routing-cidr", native->where,
                 fmt::format("routing.{0}NativeRoutingCIDR: addressing.{0} is missing", name_of(family)));
  } else if (!native && pool && !pool->pool && mode_of(cluster) == RoutingMode::native) {
    const Location& where = where_or_name(cluster.datapath.routing_where, cluster);
    if (!places.insert(where)) return;
    found_.error(
        "native-routing-cidr", where,
        fmt::format("routing.{}NativeRoutingCIDR: native routing needs it, since addressing.{} has no "
                    "pool; without it traffic to the other clusters is masqueraded "
                    "(cilium/cilium#33822)",
                    name_of(family), name_of(family)),
        "Name a range that holds the Pods of all clusters.");
  }
}

// Addresses that a cloud or another plugin gives are not ours to choose.
void DatapathCheck::check_source(const Cluster& cluster) {
  if (!shares_node_networks(cluster.datapath)) return;
  std::vector<std::string> missing;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    if (mesh_.addressing.of(family) && !has_family(cluster.pod_cidrs, family)) {
      missing.emplace_back(name_of(family));
    }
  }
  if (missing.empty()) return;
  const std::string source = cluster.datapath.chaining_mode.empty()
                                 ? fmt::format("ipam {}", name_of(cluster.datapath.ipam))
                                 : fmt::format("chainingMode {}", cluster.datapath.chaining_mode);
  found_.error("pod-cidr-missing", cluster.where,
               fmt::format("podCIDRs: {} has none of {}, and with {} they are not taken from a pool",
                           cluster.name, join_words(missing), source),
               "Name the networks that its Pods get their addresses from.");
}

// Cilium's own ingress and its Gateway API: the chart fails without kubeProxyReplacement and the L7 proxy.
// The first may stand in the operator's own values.
void DatapathCheck::check_ingress(const Cluster& cluster, const Ingress& ingress) {
  if (ingress.controller == Ingress::Controller::nginx) return;
  const Datapath& datapath = cluster.datapath;
  const Location& where = where_or_name(datapath.cilium_where, cluster);
  const std::string_view name = ingress.controller == Ingress::Controller::cilium ? "cilium" : "gateway";
  if (datapath.l7_proxy == false && proxies_.insert(where)) {
    found_.error(
        "ingress-datapath", where,
        fmt::format("ingress.controller: {} needs the L7 proxy, which {} has off", name, cluster.name),
        "Take l7Proxy: false away.");
  }
  const std::optional<bool>& replaced = datapath.kube_proxy_replacement;
  if (replaced.value_or(false) || !replacements_.insert(where)) return;
  const bool own_values = !mesh_.cilium.values_files.empty() || !cluster.values_files.empty();
  std::string what =
      fmt::format("ingress.controller: {} needs kubeProxyReplacement set to true, and {} has {}", name,
                  cluster.name, replaced ? "false" : "nothing");
  const std::string cure = "Set cilium.kubeProxyReplacement: true.";
  if (!replaced && own_values) {
    found_.warning("ingress-datapath", where, what + " unless your own values set it", cure);
  } else {
    found_.error("ingress-datapath", where, std::move(what), cure);
  }
}

}  // namespace

void check_datapath(const Mesh& mesh, Findings& found) {
  if (mesh.clusters.empty()) return;
  DatapathCheck{mesh, found}.run();
}

}  // namespace meshdrill::mesh
