#include "mesh/names.hpp"
#include "mesh/values/rules.hpp"

#include <map>
#include <set>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

void check_name(const ClusterValues& cluster, std::map<std::string, const ClusterValues*>& seen,
                Findings& found) {
  if (!cluster.name.written || cluster.name.value == "default") {
    found.error("name-default", cluster.name.where,
                "cluster.name is not set or is \"default\", Cilium's name for a cluster that is in no mesh",
                "Give every cluster its own name of at most 32 lower-case letters, digits and '-'.");
    return;
  }
  if (const auto wrong = wrong_cluster_name(cluster.name.value)) {
    found.error("name-form", cluster.name.where,
                fmt::format("cluster.name: {}; chart and agent refuse it", *wrong));
    return;
  }
  const auto [first, fresh] = seen.emplace(cluster.name.value, &cluster);
  if (fresh) return;
  found.error("duplicate-name", cluster.name.where,
              fmt::format("cluster.name {} is that of {} already", cluster.name.value,
                          to_string(first->second->name.where)),
              "Peers, certificates and policies are keyed by the name: give each cluster its own.");
}

void check_id(const ClusterValues& cluster, std::map<long long, const ClusterValues*>& seen,
              Findings& found) {
  const long long id = cluster.id.value;
  const long long most = cluster.max_connected.value == 511 ? 511 : 255;
  if (!cluster.id.written || id == 0) {
    found.error("id-missing", cluster.id.where,
                "cluster.id is not set or 0, which is Cilium's ID of a cluster that is in no mesh; its peers "
                "refuse it",
                fmt::format("Give every cluster its own number from 1 to {}.", most));
    return;
  }
  if (id < 1 || id > most) {
    found.error(
        "id-range", cluster.id.where,
        fmt::format("cluster.id {} is not between 1 and {}; the chart takes it, the agents do not start", id,
                    most),
        most == 255 ? "Up to 511 are possible with clustermesh.maxConnectedClusters: 511 in every cluster."
                    : std::string{});
  }
  const auto [first, fresh] = seen.emplace(id, &cluster);
  if (fresh) return;
  found.error(
      "duplicate-id", cluster.id.where,
      fmt::format("cluster.id {} is that of {} already ({})", id, first->second->label(),
                  to_string(first->second->id.where)),
      "Two clusters with one ID mix up their identities. On a live cluster a new ID means restarting every "
      "workload.");
}

// The high bit of the ID shares the packet mark with these datapaths (cilium/cilium#21330); the chart fails
// on it.
void check_mark(const ClusterValues& cluster, Findings& found) {
  const bool high = cluster.id.value % 256 >= 128;
  const bool eni = cluster.ipam_mode.value == "eni" || cluster.ipam_mode.value == "alibabacloud";
  const bool chained = cluster.chaining_mode.value == "aws-cni";
  const HelmValue* allowed = cluster.cilium.find("extraConfig.allow-unsafe-policy-skb-usage");
  const bool unsafe = allowed != nullptr && (allowed->boolean || allowed->text == "true");
  if (!high || unsafe || !(eni || chained)) return;
  found.error(
      "id-mark", cluster.id.where,
      fmt::format("cluster.id {} does not work with {}: its highest bit is in the packet mark that this "
                  "datapath uses (cilium/cilium#21330)",
                  cluster.id.value,
                  chained ? "cni.chainingMode aws-cni" : "ipam.mode " + cluster.ipam_mode.value),
      cluster.max_connected.value == 511 ? "Use an ID from 1 to 127, or from 256 to 383."
                                         : "Use an ID from 1 to 127.");
}

void check_most(const MeshValues& mesh, Findings& found) {
  const ClusterValues* first = nullptr;
  for (const ClusterValues& cluster : mesh.clusters) {
    const auto& most = cluster.max_connected;
    if (most.value != 255 && most.value != 511) {
      found.error("max-connected-clusters", most.where,
                  fmt::format("clustermesh.maxConnectedClusters: the chart knows only 255 and 511, not {}",
                              most.value));
    } else if (first == nullptr) {
      first = &cluster;
    } else if (most.value != first->max_connected.value) {
      found.error("max-connected-clusters", most.where,
                  fmt::format("clustermesh.maxConnectedClusters is {} here and {} in {}", most.value,
                              first->max_connected.value, first->label()),
                  "It must be the same everywhere, and cannot be changed on a live cluster.");
    }
  }
}

// The chart fails on it when Cluster Mesh is on.
void check_identity_store(const ClusterValues& cluster, Findings& found) {
  if (!cluster.use_apiserver.value) return;
  const HelmValue* mode = cluster.cilium.find("identityAllocationMode");
  if (mode != nullptr && mode->text == "kvstore") {
    found.error("identity-store", mode->where,
                "identityAllocationMode: clustermesh-apiserver needs crd, not kvstore");
  }
  const HelmValue* disabled = cluster.cilium.find("disableEndpointCRD");
  if (disabled != nullptr && (disabled->boolean || disabled->text == "true")) {
    found.error("identity-store", disabled->where,
                "disableEndpointCRD: clustermesh-apiserver needs CiliumEndpoints", "Leave it out.");
  }
}

}  // namespace

void check_identity(const MeshValues& mesh, Findings& found) {
  std::map<std::string, const ClusterValues*> names;
  std::map<long long, const ClusterValues*> ids;
  for (const ClusterValues& cluster : mesh.clusters) {
    check_name(cluster, names, found);
    check_id(cluster, ids, found);
    check_mark(cluster, found);
    check_identity_store(cluster, found);
  }
  check_most(mesh, found);
}

}  // namespace meshdrill::mesh::values
