// What one live cluster is, read through its Kubernetes API. Only reads.
#pragma once

#include "base/ip_prefix.hpp"
#include "kube/client.hpp"
#include "mesh/initial_file.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::status {

// Something that could not be read, and what would allow it.
struct Unread {
  std::string what;  // "the nodes' addresses"
  std::string why;   // the API's own words
  std::string rule;  // an RBAC rule in YAML's flow style; empty when permission is not what is missing
};

struct ClusterFacts {
  std::string context;
  std::map<std::string, std::string> config;   // the data of the ConfigMap cilium-config; empty: not read
  std::string version;                         // of the agents' image: "1.18.0"; empty: not known
  std::vector<IpPrefix> node_pods;             // of the CiliumNodes, or of the Nodes where there are none
  std::vector<IpAddress> nodes;                // their InternalIPs, in the order of their names
  mesh::InitialApiServer apiserver;            // type empty: there is no Service clustermesh-apiserver
  std::vector<IpAddress> ingress;              // load balancers of its Ingresses
  std::vector<mesh::InitialService> services;  // those with a global annotation
  std::string ingress_host, ingress_service, ingress_class;  // the first Ingress that leads to one of them
  std::vector<Unread> unread;
};

// `kube_namespace` is where Cilium runs. Never fails: what cannot be read is in `unread`.
Task<ClusterFacts> read_cluster(kube::Client& client, std::string context, std::string kube_namespace);

}  // namespace meshdrill::status
