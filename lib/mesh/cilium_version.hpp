// What differs between the Cilium minors that we write values for. The sources are the chart's values.yaml,
// values.schema.json, templates and upgrade notes of each minor.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace meshdrill::mesh {

// How clustermesh-apiserver knows its clients (clustermesh.apiserver.tls.authMode): by the user "remote" for
// all, by a user for each cluster, or by either while moving from the one to the other.
enum class TlsAuthMode { legacy, migration, cluster };

// One minor. The values here are those of 1.16; the table says what each later one changed.
struct CiliumMinor {
  int minor = 16;  // of 1.x

  // clustermesh.config
  bool clusters_as_map = false;     // `clusters`: a list up to 1.18 (schema); later a map as well, preferred
  bool peers_have_enabled = false;  // `enabled` of each peer

  // clustermesh.apiserver
  bool service_labels = false;              // service.labels and service.loadBalancerSourceRanges
  bool service_externally_created = false;  // service.externallyCreated
  bool kvstore_mode = false;                // kvstoremesh.kvstoreMode
  bool etcd_qps = false;                    // etcdQPS, and kvstoremesh.etcdQPS: fixed at 20 and 100 before

  // clustermesh.apiserver.tls
  TlsAuthMode auth_mode = TlsAuthMode::legacy;  // the chart's default of authMode
  bool users_need_config = false;               // ConfigMap clustermesh-remote-users only with config.enabled
  int certificate_days = 1095;                  // the chart's default of auto.certValidityDuration
  bool schedule_has_default = false;            // auto.schedule is "0 0 1 */4 *" unless set
  bool sans_under_auto = false;                 // server.extraDnsNames and .extraIpAddresses under `auto`
  // CN of the server's certificate, and one of its names; empty: clustermesh-apiserver.<namespace>.svc.
  std::string_view server_common_name = "clustermesh-apiserver.cilium.io";
  bool local_certificate = false;  // agents reach their own kvstoremesh with "local-", not "common-", files

  // clustermesh
  std::string_view mcs_api_switch = "clustermesh.enableMCSAPISupport";
  bool mcs_api_installs = false;  // mcsapi.installCRDs (on) and mcsapi.corednsAutoConfigure
  // The chart's defaults; absent where the key does not exist. Where policyDefaultLocalCluster does not
  // exist, policies select the Pods of every cluster, as with false; where defaultGlobalNamespace does not,
  // every namespace is global, as with true.
  std::optional<bool> policy_default_local_cluster;
  std::optional<bool> default_global_namespace;
  bool cache_ttl = false;  // cacheTTL, "0s": backends of a dead cluster are kept for ever

  // Behaviour
  bool node_port_loops = true;  // with kubeProxyReplacement, equal NodePorts may lead back to the own
                                // apiserver (cilium/cilium#24692)
  bool shared_target_port_loses_backends = false;  // cilium/cilium#45109
  bool ips_restart_pods = true;  // other `ips` of a peer restart agents or apiserver (cilium/cilium#42716)
};

// A key of the chart that not all of 1.16 to 1.20 take in the same way. Helm accepts it in all of them, since
// no schema forbids further keys, and the chart then ignores it.
struct KeyHistory {
  std::string_view path;     // from the top of the values: "clustermesh.cacheTTL"
  int since = 16;            // the first minor that has it; 16 stands for that and all before
  int deprecated_in = 0;     // the first minor that warns of it; 0: none
  int removed_in = 0;        // the first minor without it; 0: none
  std::string_view instead;  // what took its place, or what to do
};

// All of them, by path.
std::span<const KeyHistory> key_histories();

// The one for a path, or nullptr for a key that does not change.
const KeyHistory* find_key_history(std::string_view path);

struct CiliumVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::string pre_release;  // "rc.1"; may be empty
};

// Reads "1.18.0" or "1.19.0-rc.1".
Result<CiliumVersion> parse_version(std::string_view text);

// The row for a version; that of the newest known minor for a newer one; nullptr for one too old.
const CiliumMinor* find_minor(const CiliumVersion& version);

// The same for a version that is known to be good (check_parts()).
const CiliumMinor& minor_of(std::string_view version);

inline constexpr int oldest_minor = 16;
inline constexpr int newest_minor = 20;

}  // namespace meshdrill::mesh
