#include "mesh/values/rule_table.hpp"

#include <array>

namespace meshdrill::mesh::values {

std::span<const RuleMeaning> rule_table() {
  // clang-format off
  static constexpr auto rules = std::to_array<RuleMeaning>({
      {"apiserver-off", "A cluster has peers but no clustermesh-apiserver of its own."},
      {"ca-differs", "Clusters trust different certificate authorities."},
      {"ca-form", "tls.ca.cert is no certificate."},
      {"ca-missing", "One cluster has a CA in its values and another has none."},
      {"certificate", "A generated certificate expires, has expired, or does not fit."},
      {"cert-manager-issuer", "The method certmanager needs an issuer."},
      {"duplicate-id", "Two clusters have the same cluster.id."},
      {"duplicate-name", "Two clusters have the same cluster.name."},
      {"duplicate-peer", "A peer is listed twice."},
      {"encryption-differs", "Clusters encrypt differently."},
      {"family-differs", "An address family is on in one cluster and off in another."},
      {"id-mark", "The ID does not fit into the packet mark of this datapath."},
      {"id-missing", "A cluster has no ID."},
      {"id-range", "The ID is out of range."},
      {"identity-store", "Identities are not kept where Cluster Mesh needs them."},
      {"inline-tls", "A peer's certificates stand in the values."},
      {"inline-tls-half", "A peer has a certificate without its key, or the reverse."},
      {"key-deprecated", "This chart version is about to drop the key."},
      {"key-in-values", "A private key stands in a values file."},
      {"key-read-otherwise", "Helm reads the key as another one."},
      {"key-removed", "This chart version no longer has the key."},
      {"key-too-new", "This chart version does not have the key yet."},
      {"key-version", "Not every chart version has the key."},
      {"max-connected-clusters", "maxConnectedClusters is wrong or differs."},
      {"merge-overrides", "A merge key overrides what stands before it."},
      {"mesh-file", "A rule of the mesh file is broken."},
      {"name-default", "A cluster has no name of its own."},
      {"name-form", "The cluster's name has a form that Cilium refuses."},
      {"native-routing-cidr", "The native routing CIDR does not cover all Pods."},
      {"no-cilium-values", "No values of the Cilium chart were found."},
      {"node-port-clash", "Two clusters use the same NodePort where that leads agents astray."},
      {"odd-number", "Helm reads the number as another one than it looks like."},
      {"outside-subchart", "Values stand where Helm does not hand them to Cilium."},
      {"peer-endpoint", "A peer cannot be reached as it is written."},
      {"peer-name", "A peer has no name."},
      {"peer-one-way", "Only one of two clusters lists the other."},
      {"peer-port", "A peer's port is missing or wrong."},
      {"peer-self", "A cluster lists itself."},
      {"peer-unknown", "A peer's name is that of no cluster."},
      {"peers-form", "Peers are written in a form that this chart version refuses."},
      {"peers-off", "Peers are listed but not connected."},
      {"pod-cidr-default", "The chart's default Pod CIDR is used."},
      {"pod-cidr-family", "A Pod CIDR is of the wrong address family."},
      {"pod-cidr-form", "A Pod CIDR cannot be read."},
      {"pod-cidr-host-bits", "A Pod CIDR has host bits set."},
      {"pod-cidr-mask", "A node's share does not fit the Pod CIDR."},
      {"pod-cidr-overlap", "Networks overlap that must not."},
      {"pod-cidr-unused", "The Pod CIDR list is not used in this IPAM mode."},
      {"remote-users", "The chart leaves out users that clustermesh-apiserver needs."},
      {"routing-mode-differs", "Clusters route differently."},
      {"server-name", "A peer is called by a name that its certificate does not have."},
      {"tunnel-protocol-differs", "Clusters tunnel differently."},
      {"unknown-key", "No chart has the key."},
      {"wrong-type", "A value has a type that the chart refuses."},
      {"yaml", "The file cannot be read as YAML, or as Helm reads it."},
  });
  // clang-format on
  return rules;
}

}  // namespace meshdrill::mesh::values
