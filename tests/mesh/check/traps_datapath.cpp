#include "traps.hpp"

namespace meshdrill::mesh {
namespace {

const std::string native = "routing: {mode: native, ipv4NativeRoutingCIDR: 10.0.0.0/8}\n";
const std::string same_ports = "ips: [192.0.2.2], port: 32379";

std::vector<Trap> routing_traps() {
  return {
      {"one cluster tunnels and another routes",
       {.rest = "routing: {mode: native}\n"},
       {.b = "routing: {mode: native}"},
       "b is native, a is tunnel"},
      {"tunnels of two kinds",
       {.rest = "routing: {tunnelProtocol: geneve}\n"},
       {.b = "routing: {tunnelProtocol: geneve}"},
       "b uses geneve, a uses vxlan"},
      {"a native routing CIDR that holds only the own Pods",
       {.a = "podCIDRs: [10.0.0.0/16]", .b = "podCIDRs: [10.1.0.0/16]", .rest = native},
       {.a = "podCIDRs: [10.0.0.0/16]", .b = "podCIDRs: [11.0.0.0/16]", .rest = native},
       "10.0.0.0/8 does not hold 11.0.0.0/16 (Pods of b"},
      {"the pool as native routing CIDR with Pods outside of it",
       {.rest = "routing: {mode: native}\n"},
       {.a = "podCIDRs: [10.0.0.0/16]", .rest = "routing: {mode: native}\n"},
       "10.96.0.0/11 does not hold 10.0.0.0/16 (Pods of a"},
      {"a native routing CIDR of one cluster that leaves out the other",
       {.a = "routing: {mode: native, ipv4NativeRoutingCIDR: 10.0.0.0/8}", .b = "routing: {mode: native}"},
       {.a = "routing: {mode: native, ipv4NativeRoutingCIDR: 10.96.0.0/16}", .b = "routing: {mode: native}"},
       "10.96.0.0/16 does not hold 10.97.0.0/16 (Pods of b"},
      {"native routing without its CIDR",
       {.addressing = "ipv4: {node: 24}",
        .a = "podCIDRs: [10.0.0.0/16]",
        .b = "podCIDRs: [10.1.0.0/16]",
        .rest = native},
       {.addressing = "ipv4: {node: 24}",
        .a = "podCIDRs: [10.0.0.0/16]",
        .b = "podCIDRs: [10.1.0.0/16]",
        .rest = "routing: {mode: native}\n"},
       "native routing needs it"},
      {"a native routing CIDR of IPv6 that holds only the own Pods",
       {.addressing = "ipv6: {pool: 'fd00::/96', cluster: 108}",
        .rest = "routing: {mode: native, ipv6NativeRoutingCIDR: 'fd00::/96'}\n"},
       {.addressing = "ipv6: {pool: 'fd00::/96', cluster: 108}",
        .rest = "routing: {mode: native, ipv6NativeRoutingCIDR: 'fd00::/108'}\n"},
       "ipv6NativeRoutingCIDR: fd00::/108 does not hold"},
      {"a native routing CIDR without native routing",
       {.rest = native},
       {.rest = "routing: {ipv4NativeRoutingCIDR: 10.0.0.0/8}\n"},
       "is for native routing, and a uses tunnels"},
      {"a native routing CIDR of a family that is off",
       {.rest = "routing: {mode: native, ipv4NativeRoutingCIDR: 10.0.0.0/8}\n"},
       {.rest = "routing: {mode: native, ipv6NativeRoutingCIDR: 'fd00::/96'}\n"},
       "addressing.ipv6 is missing"},
  };
}

std::vector<Trap> agent_traps() {
  return {
      {"encryption in one cluster alone",
       {.cilium = "version: 1.18.0, encryption: wireguard"},
       {.b = "cilium: {encryption: wireguard}"},
       "no mesh that mixes them",
       Severity::warning},
      {"IPsec needs one key",
       {},
       {.cilium = "version: 1.18.0, encryption: ipsec"},
       "all clusters need the same Secret cilium-ipsec-keys",
       Severity::note},
      {"one NodePort with kube-proxy replacement before 1.19",
       {.cilium = "version: 1.19.6, kubeProxyReplacement: true",
        .a_apiserver = "ips: [192.0.2.1], port: 32379",
        .b_apiserver = same_ports},
       {.cilium = "version: 1.18.0, kubeProxyReplacement: true",
        .a_apiserver = "ips: [192.0.2.1], port: 32379",
        .b_apiserver = same_ports},
       "cilium/cilium#24692"},
      {"one NodePort before 1.19 where kube-proxy replacement is not spoken of",
       {.cilium = "version: 1.18.0, kubeProxyReplacement: false",
        .a_apiserver = "ips: [192.0.2.1], port: 32379",
        .b_apiserver = same_ports},
       {.a_apiserver = "ips: [192.0.2.1], port: 32379", .b_apiserver = same_ports},
       "cilium/cilium#24692",
       Severity::warning},
      {"one NodePort where one cluster is older than 1.19",
       {.cilium = "version: 1.19.6, kubeProxyReplacement: true",
        .a_apiserver = "ips: [192.0.2.1], port: 32379",
        .b_apiserver = same_ports},
       {.cilium = "version: 1.19.6, kubeProxyReplacement: true",
        .a = "cilium: {version: 1.18.12}",
        .a_apiserver = "ips: [192.0.2.1], port: 32379",
        .b_apiserver = same_ports},
       "cilium/cilium#24692"},
      {"one endpoint for two clusters",
       {.a_apiserver = "ips: [192.0.2.1]", .b_apiserver = "ips: [192.0.2.1]"},
       {.a_apiserver = "ips: [192.0.2.1], port: 2379, type: LoadBalancer",
        .b_apiserver = "ips: [192.0.2.1], port: 2379, type: LoadBalancer"},
       "192.0.2.1 port 2379 is named twice"},
      {"ips and address at once",
       {.a_apiserver = "address: a.example.org"},
       {.a_apiserver = "ips: [192.0.2.1], address: a.example.org"},
       "ignores address when both are given"},
      {"peers that cannot be told where a cluster is",
       {},
       {.a_apiserver = "type: LoadBalancer"},
       "the peers cannot be told where a is",
       Severity::warning},
  };
}

}  // namespace

std::vector<Trap> datapath_traps() {
  std::vector<Trap> all = routing_traps();
  const std::vector<Trap> more = agent_traps();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace meshdrill::mesh
