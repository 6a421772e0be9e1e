#include "traps.hpp"

namespace meshdrill::mesh {
namespace {

const std::string three_minors = "  - {name: c, apiserver: {ips: [192.0.2.3]}, cilium: {version: 1.19.6}}\n";

std::vector<Trap> id_traps() {
  return {
      {"an ID with a leading zero is octal to Helm", {.a = "id: 2"}, {.a = "id: 002"}, "starts with a zero"},
      {"008 and 010 are one ID to Helm",
       {.a = "id: 8", .b = "id: 10"},
       {.a = "id: 008", .b = "id: 010"},
       "starts with a zero"},
      {"an ID in quotes is no number", {.a = "id: 2"}, {.a = "id: \"2\""}, "expected a whole number"},
      {"0 is no ID of a mesh",
       {.a = "id: 1"},
       {.a = "id: 0"},
       "0 is Cilium's ID for a cluster that is in no mesh"},
      {"a negative ID", {.a = "id: 1"}, {.a = "id: -1"}, "outside 1 to 255"},
      {"256 with 255 clusters", {.a = "id: 255"}, {.a = "id: 256"}, "256 is outside 1 to 255"},
      {"512 with 511 clusters",
       {.cilium = "version: 1.18.0, maxConnectedClusters: 511", .a = "id: 511"},
       {.cilium = "version: 1.18.0, maxConnectedClusters: 511", .a = "id: 512"},
       "512 is outside 1 to 511"},
      {"one ID for two clusters",
       {.a = "id: 1", .b = "id: 2"},
       {.a = "id: 1", .b = "id: 1"},
       "a second cluster has 1"},
      {"ENI cannot mark 128",
       {.a = "id: 127, cilium: {ipam: eni}, podCIDRs: [172.16.0.0/16]"},
       {.a = "id: 128, cilium: {ipam: eni}, podCIDRs: [172.16.0.0/16]"},
       "packet marks clash with ENI"},
      {"AlibabaCloud cannot mark 384",
       {.cilium = "version: 1.18.0, maxConnectedClusters: 511",
        .a = "id: 383, cilium: {ipam: alibabacloud}, podCIDRs: [172.16.0.0/16]"},
       {.cilium = "version: 1.18.0, maxConnectedClusters: 511",
        .a = "id: 384, cilium: {ipam: alibabacloud}, podCIDRs: [172.16.0.0/16]"},
       "packet marks clash with ENI"},
      {"aws-cni chaining cannot mark 255",
       {.a = "id: 255, cilium: {chainingMode: aws-cni, allowUnsafePolicySKBUsage: true}, podCIDRs: "
             "[172.16.0.0/16]"},
       {.a = "id: 255, cilium: {chainingMode: aws-cni}, podCIDRs: [172.16.0.0/16]"},
       "packet marks clash with ENI"},
      {"a number of clusters that Cilium does not know",
       {.cilium = "version: 1.18.0, maxConnectedClusters: 511"},
       {.cilium = "version: 1.18.0, maxConnectedClusters: 300"},
       "Cilium knows only 255 and 511"},
      {"the number of clusters cannot change",
       {},
       {.cilium = "version: 1.18.0, maxConnectedClusters: 511"},
       "was 255 when the clusters were installed",
       Severity::error,
       TrapMesh{}},
      {"a live cluster's ID",
       {.a = "id: 1"},
       {.a = "id: 7"},
       "7 would renumber it",
       Severity::error,
       TrapMesh{}},
      {"a live cluster's ID for another",
       {.b = "id: 2"},
       {.b = "id: 1"},
       "1 would renumber it",
       Severity::error,
       TrapMesh{}},
  };
}

std::vector<Trap> name_traps() {
  const std::string longest = "a2345678901234567890123456789012";
  return {
      {"a node's FQDN as the name",
       {.a_name = "node-1"},
       {.a_name = "node-1.example.org"},
       "may hold only lower-case letters, digits and '-'"},
      {"a name of 33 characters", {.a_name = longest}, {.a_name = longest + "3"}, "at most 32 are allowed"},
      {"a name in capitals", {.a_name = "north"}, {.a_name = "North"}, "may hold only lower-case letters"},
      {"a name that ends in a dash",
       {.a_name = "north-1"},
       {.a_name = "north-"},
       "must start and end with a letter"},
      {"the name of clusters in no mesh",
       {.a_name = "defaults"},
       {.a_name = "default"},
       "\"default\" is Cilium's name"},
      {"one name for two clusters", {.a_name = "a"}, {.a_name = "b"}, "a second cluster is called \"b\""},
      {"one context for two clusters",
       {.a = "context: x"},
       {.a = "context: x", .b = "context: x"},
       "a second cluster is reached through \"x\""},
      {"a live cluster's name",
       {.a = "context: admin@a"},
       {.a = "context: admin@a", .a_name = "z"},
       "context admin@a was a until now",
       Severity::error,
       TrapMesh{.a = "context: admin@a"}},
  };
}

std::vector<Trap> version_traps() {
  return {
      {"a version before 1.16",
       {.cilium = "version: 1.16.19"},
       {.cilium = "version: 1.15.9"},
       "1.15.9 is older than 1.16"},
      {"a version that is not known yet",
       {.cilium = "version: 1.20.0"},
       {.cilium = "version: 1.21.0-pre.0"},
       "newer than 1.20, the newest known",
       Severity::warning},
      {"a version without its patch",
       {.cilium = "version: 1.18.0"},
       {.cilium = "version: 1.18"},
       "no version such as 1.18.0"},
      {"two minors apart",
       {.cilium = "version: 1.18.0, policyDefaultLocalCluster: false", .b = "cilium: {version: 1.19.6}"},
       {.b = "cilium: {version: 1.20.0}"},
       "a has 1.18.0 and b has 1.20.0"},
      {"two minors apart over a third",
       {.cilium = "version: 1.18.0, policyDefaultLocalCluster: false",
        .a = "cilium: {version: 1.19.0}",
        .b = "cilium: {version: 1.18.12}",
        .more = three_minors},
       {.a = "cilium: {version: 1.17.5}", .b = "cilium: {version: 1.18.12}", .more = three_minors},
       "a has 1.17.5 and c has 1.19.6"},
  };
}

}  // namespace

std::vector<Trap> identity_traps() {
  std::vector<Trap> all = id_traps();
  for (const auto& more : {name_traps(), version_traps()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace meshdrill::mesh
