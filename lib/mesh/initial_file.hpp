// The first mesh file of a mesh: what `init` writes, from flags or from what was read of live clusters.
#pragma once

#include "base/ip_prefix.hpp"

#include <optional>
#include <string>
#include <vector>

namespace meshdrill::mesh {

// How Cilium moves packets; a part is left out of the file where it is empty.
struct InitialRouting {
  std::string mode;             // tunnel or native
  std::string tunnel_protocol;  // vxlan or geneve
  std::vector<IpPrefix> native;
  std::string encryption;  // none, wireguard or ipsec
  std::string ipam;        // as in ipam.mode
  std::optional<bool> kube_proxy_replacement;

  bool operator==(const InitialRouting&) const = default;
};

struct InitialApiServer {
  std::string type;  // NodePort or LoadBalancer
  std::vector<IpAddress> ips;
  std::string address;
  std::optional<int> port;
};

struct InitialCluster {
  std::string name;
  std::string context;
  std::string version;    // of the chart; empty: the mesh's
  std::optional<int> id;  // open: allocated
  std::vector<IpPrefix> pods;
  std::vector<IpAddress> nodes;
  InitialApiServer apiserver;
  std::vector<IpAddress> ingress;
  std::optional<InitialRouting> routing;  // where it differs from the mesh's
  std::vector<std::string> remarks;       // written as comments above the cluster
};

struct InitialPort {
  std::string name;
  int port = 0;
  int target_port = 0;
  std::string protocol = "TCP";
};

struct InitialService {
  std::string name;
  std::string kube_namespace = "default";
  std::vector<InitialPort> ports;
  std::vector<std::pair<std::string, std::string>> selector;
  std::optional<bool> shared;
  std::string affinity;  // local or remote; empty: none
  bool sample = false;
};

struct InitialPool {
  std::optional<IpPrefix> pool;
  int cluster = 0;  // 0: chosen to hold the clusters
  std::optional<int> node;
};

struct InitialMesh {
  std::string name;
  std::string version;
  std::string source;  // what the file was made from, for its first comment
  int max_connected_clusters = 255;
  InitialRouting routing;
  std::optional<InitialPool> ipv4, ipv6;
  std::string host;     // of the ingress; empty: no ingress
  std::string service;  // behind it
  std::string ingress_class;
  std::vector<InitialCluster> clusters;
  std::vector<InitialService> services;
};

// A commented mesh file (docs/reference/mesh-file.md). Whether it is a sound mesh is for load_mesh_text() to
// say.
std::string initial_file(const InitialMesh& mesh);

// How long a cluster's share of `pool` should be, so that `clusters` and as many again have one, and no
// shorter than /16 (IPv6: /104), which Cilium can cut up for its nodes; 0 when it is too small.
int cluster_share(const IpPrefix& pool, std::size_t clusters);

}  // namespace meshdrill::mesh
