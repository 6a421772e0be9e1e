// One row for each way to write a mesh that installs and then does not work: a good twin that is accepted
// without a word, and a bad one that is told what is wrong with it. The rows say where they come from.
#pragma once

#include "base/diagnostic.hpp"

#include <optional>
#include <string>
#include <vector>

namespace meshdrill::mesh {

// A mesh of the clusters "a" and "b", and what is special about it.
struct TrapMesh {
  std::string cilium = "version: 1.18.0";
  std::string addressing = "ipv4: {pool: 10.96.0.0/11, cluster: 16}";
  std::string a;  // more keys of cluster a: "id: 1"
  std::string b;  // and of b
  std::string a_name = "a";
  std::string a_apiserver = "ips: [192.0.2.1]";
  std::string b_apiserver = "ips: [192.0.2.2]";
  std::string more;  // more clusters: "  - {name: c}\n"
  std::string rest;  // more sections: "networks: []\n"
};

struct Trap {
  std::string name;
  TrapMesh good;
  TrapMesh bad;
  std::string message;  // part of what is said about the bad one
  Severity severity = Severity::error;
  std::optional<TrapMesh> before;  // what was generated earlier and is live; its lock is beside both
};

std::vector<Trap> identity_traps();  // names, IDs, versions
std::vector<Trap> address_traps();   // Pods, nodes, ClusterIPs
std::vector<Trap> datapath_traps();  // routing, encryption, kube-proxy replacement
std::vector<Trap> service_traps();   // global Services and the ingress before them

}  // namespace meshdrill::mesh
