// What a Cilium Cluster Mesh is: the clusters, the numbers that tell them apart, and the Services that they
// share. Plain values. read/ makes one from a file as written; allocate/ fills in the numbers that the
// file left open; render/ turns it into what is installed.
#pragma once

#include "base/diagnostic.hpp"
#include "base/ip_prefix.hpp"
#include "mesh/model_ingress.hpp"
#include "mesh/model_service.hpp"
#include "mesh/model_trust.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::mesh {

// How packets leave a node. Absent: left to the operator's own values and the chart's defaults, which are
// tunnels of VXLAN, kube-proxy left in place, no encryption and the L7 proxy on.
enum class RoutingMode { tunnel, native };
enum class TunnelProtocol { vxlan, geneve };
enum class Encryption { none, wireguard, ipsec };

// Who gives Pods their addresses (ipam.mode). Only cluster-pool takes them from the lists in the Helm values;
// all but cluster-pool and kubernetes take them from the networks of the nodes.
enum class Ipam { cluster_pool, kubernetes, eni, azure, alibabacloud, delegated_plugin };

// A prefix in the file, or one that was defaulted.
struct LocatedPrefix {
  IpPrefix prefix;
  Location where;

  bool operator==(const LocatedPrefix&) const = default;
};

// What the agents of one cluster are told: `cilium` and `routing` of the mesh file with the cluster's own on
// top. The comments name the Helm values.
struct Datapath {
  std::optional<RoutingMode> routing_mode;        // routingMode
  std::optional<TunnelProtocol> tunnel_protocol;  // tunnelProtocol
  // ipv4NativeRoutingCIDR and ipv6NativeRoutingCIDR: what is routed without being masqueraded. Only with
  // native routing, and then set for every enabled family once allocated: by default the pool.
  std::optional<LocatedPrefix> native_ipv4;
  std::optional<LocatedPrefix> native_ipv6;
  std::optional<bool> kube_proxy_replacement;  // kubeProxyReplacement
  std::optional<bool> socket_lb;               // socketLB.enabled with socketLB.hostNamespaceOnly
  std::optional<bool> l7_proxy;                // l7Proxy
  std::optional<Encryption> encryption;        // encryption.enabled and .type
  Ipam ipam = Ipam::cluster_pool;              // ipam.mode, and what the cloud's need: eni.enabled and so on
  std::string chaining_mode;                   // cni.chainingMode: "aws-cni"; empty: none
  bool unsafe_skb = false;  // extraConfig.allow-unsafe-policy-skb-usage, for IDs that ENI would refuse
  Location cilium_where;
  Location routing_where;

  [[nodiscard]] const std::optional<LocatedPrefix>& native(Family family) const {
    return family == Family::ipv4 ? native_ipv4 : native_ipv6;
  }
};

// How Cilium is installed; the same in every cluster, except for what a cluster has of its own.
struct Cilium {
  std::string version;  // of the Helm chart: "1.18.0"; Cluster::version is what counts
  std::string release = "cilium";
  std::string kube_namespace = "kube-system";
  std::string chart;       // empty: ingress-nginx/ingress-nginx, or left to the operator
  std::string values_key;  // nest the values under this key, for an umbrella chart; may be empty
  std::vector<std::string> values_files;  // the operator's own values, given to Helm before ours
  std::string domain = "mesh.cilium.io";  // peers are known as <cluster>.<domain>
  int max_connected_clusters = 255;       // 255 or 511
  // Helm values under `clustermesh`; absent: the chart's defaults, which differ by version.
  std::optional<bool> policy_default_local_cluster;  // policies without a cluster select local Pods alone
  std::optional<bool> default_global_namespace;      // false: only annotated Namespaces are shared
  std::string cache_ttl;  // "10m": how long backends of a lost cluster are kept; empty: for ever
  Location where;
  Location version_where;
  Location domain_where;
  Location policy_where;
  Location namespace_where;
  Location cache_where;
};

// Where Pod CIDRs of one family come from, and how big they are.
struct AddressPool {
  std::optional<IpPrefix> pool;  // absent: every cluster names its own Pod CIDRs
  int cluster_length = 0;        // prefix length of one cluster's share; set when there is a pool
  int node_length = 0;           // prefix length of one node's share of that
  Location where;
  Location cluster_where;
  Location node_where;
};

struct Addressing {
  std::optional<AddressPool> ipv4;
  std::optional<AddressPool> ipv6;

  [[nodiscard]] const std::optional<AddressPool>& of(Family family) const {
    return family == Family::ipv4 ? ipv4 : ipv6;
  }
};

struct LocatedAddress {
  IpAddress address;
  Location where;
};

// A network outside the mesh that Pods must stay clear of.
struct NamedNetwork {
  std::string name;
  IpPrefix prefix;
  Location where;
};

// How the peers reach a cluster's clustermesh-apiserver.
struct ApiServer {
  enum class Exposure { node_port, load_balancer };
  Exposure exposure = Exposure::node_port;
  std::vector<LocatedAddress> ips;
  std::string address;      // a host name instead of `ips`; may be empty
  std::optional<int> port;  // what peers connect to; for node_port also the nodePort
  Location where;
  Location port_where;

  // Whether the peers can be told where it is.
  [[nodiscard]] bool reachable() const { return !ips.empty() || !address.empty(); }
};

struct Cluster {
  std::string name;
  std::string context;                    // of the kubeconfig; by default the name
  std::string version;                    // of the Helm chart; by default Cilium::version
  std::vector<std::string> values_files;  // the operator's own, given to Helm after Cilium::values_files
  Datapath datapath;
  std::optional<int> id;                  // 1 .. max_connected_clusters; always set once allocated
  std::vector<LocatedPrefix> pod_cidrs;   // both families; one or more of each enabled family once allocated
  std::vector<LocatedPrefix> node_cidrs;  // where its nodes' addresses are
  std::vector<LocatedPrefix> service_cidrs;  // where its ClusterIPs are
  std::vector<LocatedAddress> nodes;         // InternalIPs of its nodes; may be empty
  ApiServer apiserver;
  std::vector<LocatedAddress> ingress;  // the addresses at which users reach its ingress
  Location where;                       // of its name
  Location version_where;
  Location id_where;
  Location context_where;

  [[nodiscard]] std::vector<IpPrefix> pods(Family family) const;
};

struct Mesh {
  std::string name;
  Cilium cilium;
  Addressing addressing;
  std::vector<NamedNetwork> networks;
  std::optional<Ingress> ingress;
  Dns dns;
  Trust trust;
  std::vector<Cluster> clusters;
  std::vector<GlobalService> services;
  Location where;
};

// The Service that the ingress leads to, or nullptr when there is no ingress or no such Service.
const GlobalService* ingress_backend(const Mesh& mesh);

// "http://api.example.org:8080/", the port left out where it is the scheme's own; empty without an ingress.
std::string url(const Mesh& mesh);

// The Helm values' name of each: "tunnel", "vxlan", "wireguard", "cluster-pool".
std::string_view name_of(RoutingMode mode);
std::string_view name_of(TunnelProtocol protocol);
std::string_view name_of(Encryption encryption);
std::string_view name_of(Ipam ipam);
std::string_view name_of(Family family);  // "ipv4"

bool has_family(const std::vector<LocatedPrefix>& prefixes, Family family);

// Gives the cluster a Pod CIDR that the file does not name; IPv4 stands before IPv6.
void add_pods(Cluster& cluster, const IpPrefix& prefix);

// Whether Pods have addresses out of the networks that the nodes are in.
bool shares_node_networks(const Datapath& datapath);

// Whether every cluster can be told where all of its peers are, so that the mesh can be connected.
bool connectable(const Mesh& mesh);

// Whether any Service needs EndpointSlices mirrored, which the Helm chart must switch on.
bool needs_endpoint_slice_sync(const Mesh& mesh);

// Whether any Service is shared through the MCS-API, which the Helm chart must switch on.
bool needs_mcs_api(const Mesh& mesh);

}  // namespace meshdrill::mesh
