// Everything that `status` knows of one live cluster, as plain values. Read by read_live.hpp, judged by
// checks.hpp, shown by text.hpp and json.hpp. No secret is in it.
#pragma once

#include "base/certificate_facts.hpp"
#include "base/ip_prefix.hpp"
#include "status/cluster_facts.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace meshdrill::status {

// A Deployment or a DaemonSet.
struct Workload {
  bool exists = false;
  int wanted = 0;
  int ready = 0;

  [[nodiscard]] bool up() const { return exists && wanted > 0 && ready >= wanted; }
};

struct NodeView {
  std::string name;
  std::string kubelet;  // its version
  bool ready = false;
  std::vector<IpAddress> addresses;         // InternalIPs of the Node
  std::vector<IpPrefix> pods;               // its share, by the Node
  bool has_cilium = false;                  // there is a CiliumNode of this name
  std::vector<IpAddress> cilium_addresses;  // InternalIPs of the CiliumNode
  std::vector<IpPrefix> cilium_pods;        // its share, by the CiliumNode
};

// A Pod that is asked for its view of the peers.
struct Observer {
  enum class Kind : std::uint8_t { agent, kvstoremesh };
  Kind kind = Kind::agent;
  std::string pod;
  std::string node;
  bool ready = false;
  std::string image;      // of the container that is asked
  bool answered = false;  // its view is in LiveCluster::reports
};

// How far a connection to a peer has come, worst first: the ladder of `cilium clustermesh status`.
enum class Rung : std::uint8_t {
  unknown,         // the peer is configured, and the observer does not know of it
  not_connected,   // no connection to its etcd
  config_unknown,  // connected, and nothing is known of the peer's configuration
  config_missing,  // connected, and the configuration that is required is not there
  sync_unknown,    // nothing is known of what has been synchronised
  syncing,         // some of it is still on its way
  not_ready,       // for another reason
  ready
};

// What one observer says of one peer.
struct PeerReport {
  Observer::Kind observer = Observer::Kind::agent;
  std::string pod;
  std::string peer;
  Rung rung = Rung::unknown;
  std::string detail;         // the observer's own words, or what is still missing; printable
  bool from_metrics = false;  // only ready or not is known
};

// A peer as a Secret configures it.
struct PeerEntry {
  std::string name;
  std::string host;      // of its endpoint; empty when there is none that can be read
  int port = 0;          // 0: none
  std::string endpoint;  // as written
};

// One Secret of type kubernetes.io/tls.
struct CertificateView {
  std::string secret;
  std::string role;  // "server", "remote", "local", "admin"
  std::optional<CertificateFacts> facts;
  std::string problem;  // why there are none
  bool key_fits = true;
  bool signed_by_ca = true;    // by the ca.crt beside it
  std::string ca_fingerprint;  // of ca.crt; empty: none
  std::optional<CertificateFacts::Time> ca_not_after;
};

struct ApiServerService {
  bool exists = false;
  std::string type;
  int port = 0;                        // of the Service
  int node_port = 0;                   // 0: none
  std::vector<std::string> addresses;  // of its load balancer: addresses and host names
};

struct ServicePortView {
  std::string name;
  int port = 0;
  std::string target;
  std::string protocol;
};

// A Service that has to do with the mesh: global here, or of the name of one that is global elsewhere.
struct ServiceView {
  std::string key;  // "default/api"
  bool global = false;
  bool shared = true;
  std::string affinity;  // as written; empty: none
  bool sync_slices = false;
  bool headless = false;
  std::set<std::string> marks;  // as of a WayIn
  std::vector<ServicePortView> ports;
  std::map<std::string, std::string> selector;
  int ready = 0;                      // endpoints of this cluster
  std::map<std::string, int> synced;  // ready endpoints that slices of other clusters brought, by cluster
};

// A ServiceExport or ServiceImport of the MCS-API.
struct McsView {
  std::string key;
  std::string conflict;  // of an export: why its condition Conflict holds
  std::string invalid;   // of an export: why its condition Valid does not
};

// A way for users into the cluster: an Ingress, or an HTTPRoute through a Gateway. One for each pair of a
// host and what it leads to.
struct WayIn {
  std::string key;         // of the Ingress or the HTTPRoute
  std::string gateway;     // of the HTTPRoute; empty: this is an Ingress
  std::string host;        // empty: all
  std::string service;     // "namespace/name"
  bool imported = false;   // the ServiceImport of that name, not the Service
  std::string class_name;  // IngressClass or GatewayClass
  std::vector<std::string> addresses;
  std::set<std::string>
      marks;            // its annotations that have its controller ask ClusterIPs; see controllers.hpp
  std::string refusal;  // why the controller does not lead anybody this way, in its own words

  // "Ingress default/api", "HTTPRoute default/api".
  [[nodiscard]] std::string named() const { return (gateway.empty() ? "Ingress " : "HTTPRoute ") + key; }
};

// The Pods of an ingress controller.
struct ControllerView {
  int ready = 0;
  int total = 0;
  bool host_network = false;
};

// One attempt to reach a peer's etcd from here.
struct DialResult {
  std::string peer;
  std::string address;  // "192.0.2.11:32379"
  std::string name;     // what the certificate was checked for
  bool ok = false;
  bool reached = false;  // TLS was refused, not the connection
  std::string detail;
};

struct LiveCluster {
  std::string context;
  std::string kube_namespace;  // where Cilium runs
  bool reachable = false;      // the API answered something to us
  bool refused = false;        // it answered that it does not know us (401)
  std::vector<Unread> unread;
  std::optional<Duration> clock_ahead;  // of our clock

  std::map<std::string, std::string> config;  // cilium-config
  std::string kubernetes;                     // "v1.32.4"; empty: not known
  std::string cilium;                         // of the agents' image: "1.18.0"
  Workload agents, cilium_operator, apiserver;
  Workload envoy;  // where it has Pods of its own: external-envoy-proxy
  bool has_kvstoremesh = false;
  std::vector<NodeView> nodes;
  std::vector<std::string> strange_cilium_nodes;  // CiliumNodes without a Node

  ApiServerService apiserver_service;
  std::vector<PeerEntry> peers;         // of cilium-clustermesh
  std::vector<PeerEntry> remote_peers;  // of cilium-kvstoremesh
  bool has_peers_secret = false;
  bool has_remote_peers_secret = false;
  std::map<std::string, std::vector<std::string>> host_aliases;  // name → addresses
  std::vector<CertificateView> certificates;

  std::vector<Observer> observers;
  std::vector<PeerReport> reports;
  std::vector<DialResult> dials;

  std::vector<ServiceView> services;
  bool has_mcs_api = false;  // the API knows ServiceExports
  std::vector<McsView> exports, imports;
  std::map<std::string, std::string> global_namespaces;  // annotation clustermesh.cilium.io/global, by name
  std::set<std::string> namespaces;                      // only where the default is not global

  std::vector<WayIn> ways_in;
  std::map<std::string, std::string> ingress_classes;  // name → controller
  std::map<std::string, std::string> gateway_classes;  // likewise
  std::map<std::string, ControllerView> controllers;   // app.kubernetes.io/name of the Pods → they

  // A setting of cilium-config, or `otherwise`.
  [[nodiscard]] std::string setting(const std::string& name, std::string otherwise = {}) const;
  // cluster-name, or the context while it is not known.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] bool unreadable(const std::string& what) const;
};

}  // namespace meshdrill::status
