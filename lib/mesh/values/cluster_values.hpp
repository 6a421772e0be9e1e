// What one cluster's Helm values say of the mesh, each setting with the chart's default where the file is
// silent.
#pragma once

#include "mesh/findings.hpp"
#include "mesh/model.hpp"
#include "mesh/values/helm_value.hpp"
#include "mesh/values/peer.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::mesh::values {

template <class T>
struct Setting {
  T value{};
  Location where;        // of the value; of the file as a whole when it is not written
  bool written = false;  // otherwise `value` is the chart's default
};

// The Pod CIDRs of one family in IPAM mode cluster-pool.
struct PodPool {
  Setting<bool> enabled;
  std::vector<LocatedPrefix> prefixes;  // empty: the chart's default
  Location where;
  bool written = false;
  Setting<int> mask;                  // prefix length of a node's share
  std::vector<LocatedPrefix> native;  // ipv4NativeRoutingCIDR, ipv6NativeRoutingCIDR
};

struct ClusterValues {
  std::string files;     // as the user gave them: "a.yaml" or "common.yaml,a.yaml"
  Location whole;        // the last of these files
  std::string subchart;  // the key of an umbrella chart under which Cilium's values stand; empty: none
  HelmValue cilium;      // Cilium's own values, but for clustermesh.config.clusters

  Setting<std::string> name;
  Setting<long long> id;
  Setting<long long> max_connected;
  PodPool ipv4, ipv6;
  Setting<std::string> ipam_mode, routing_mode, tunnel_protocol, kube_proxy_replacement, chaining_mode;
  Setting<std::string> encryption;         // "off", "ipsec", "wireguard", ...
  Setting<bool> use_apiserver, connected;  // clustermesh.useAPIServer, clustermesh.config.enabled
  Setting<std::string> domain, service_type, auth_mode, certificate_method, ca_certificate;
  Setting<long long> node_port;
  Setting<bool> certificates_auto, ca_bundle;
  std::vector<std::string> server_names;  // extra DNS names and addresses of its server certificate
  PeerList peers;

  // For messages: its name, or its files while it has none.
  [[nodiscard]] std::string label() const;
  [[nodiscard]] const PodPool& pods(Family family) const { return family == Family::ipv4 ? ipv4 : ipv6; }
  [[nodiscard]] bool native_routing() const { return routing_mode.value == "native"; }
};

// Takes them out of merged values. `subchart` names the umbrella chart's key; empty: found by looking for
// cluster, clustermesh and ipam at the top and then one level down. `minor`: as in MeshValues. Nothing, with
// an error, when there are none.
std::optional<ClusterValues> read_cluster_values(HelmValue values, std::string files, const Location& whole,
                                                 std::string_view subchart, std::optional<int> minor,
                                                 Findings& found);

}  // namespace meshdrill::mesh::values
