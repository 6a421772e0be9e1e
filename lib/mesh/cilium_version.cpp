#include "mesh/cilium_version.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

// Each minor is the one before it and what it changed.
constexpr CiliumMinor in_1_17(CiliumMinor row) {
  row.minor = 17;
  row.service_labels = true;
  row.local_certificate = true;
  return row;
}

constexpr CiliumMinor in_1_18(CiliumMinor row) {
  row.minor = 18;
  row.kvstore_mode = true;
  row.policy_default_local_cluster = false;
  row.shared_target_port_loses_backends = true;
  return row;
}

constexpr CiliumMinor in_1_19(CiliumMinor row) {
  row.minor = 19;
  row.clusters_as_map = true;
  row.peers_have_enabled = true;
  row.service_externally_created = true;
  row.auth_mode = TlsAuthMode::migration;
  row.users_need_config = true;
  row.mcs_api_switch = "clustermesh.mcsapi.enabled";
  row.mcs_api_installs = true;
  row.policy_default_local_cluster = true;
  row.cache_ttl = true;
  row.node_port_loops = false;  // cilium/cilium#41337
  return row;
}

constexpr CiliumMinor in_1_20(CiliumMinor row) {
  row.minor = 20;
  row.etcd_qps = true;
  row.certificate_days = 365;
  row.schedule_has_default = true;
  row.sans_under_auto = true;
  row.server_common_name = {};
  row.default_global_namespace = true;
  row.shared_target_port_loses_backends = false;
  row.ips_restart_pods = false;
  return row;
}

constexpr CiliumMinor v1_16{};
constexpr CiliumMinor v1_17 = in_1_17(v1_16);
constexpr CiliumMinor v1_18 = in_1_18(v1_17);
constexpr CiliumMinor v1_19 = in_1_19(v1_18);
constexpr CiliumMinor v1_20 = in_1_20(v1_19);
constexpr std::array minors{v1_16, v1_17, v1_18, v1_19, v1_20};
static_assert(minors.front().minor == oldest_minor && minors.back().minor == newest_minor);

constexpr std::string_view own_secrets = "tls.auto, or Secrets of your own under the names that it uses";

constexpr KeyHistory added(std::string_view path, int since) {
  return {path, since, 0, 0, {}};
}

constexpr KeyHistory retired(std::string_view path, int deprecated_in, int removed_in,
                             std::string_view instead) {
  return {path, oldest_minor, deprecated_in, removed_in, instead};
}

constexpr std::array histories{
    added("clustermesh.apiserver.etcdQPS", 20),
    retired("clustermesh.apiserver.kvstoremesh.enabled", 18, 0, "nothing: KVStoreMesh is always on"),
    added("clustermesh.apiserver.kvstoremesh.etcdQPS", 20),
    added("clustermesh.apiserver.kvstoremesh.kvstoreMode", 18),
    added("clustermesh.apiserver.service.externallyCreated", 19),
    added("clustermesh.apiserver.service.labels", 17),
    added("clustermesh.apiserver.service.loadBalancerSourceRanges", 17),
    retired("clustermesh.apiserver.tls.admin.cert", 19, 20, own_secrets),
    retired("clustermesh.apiserver.tls.admin.key", 19, 20, own_secrets),
    added("clustermesh.apiserver.tls.auto.server", 20),
    retired("clustermesh.apiserver.tls.client", 18, 19, "nothing: external workloads are gone since 1.18"),
    retired("clustermesh.apiserver.tls.enableSecrets", 19, 20, own_secrets),
    retired("clustermesh.apiserver.tls.remote.cert", 19, 20, own_secrets),
    retired("clustermesh.apiserver.tls.remote.key", 19, 20, own_secrets),
    retired("clustermesh.apiserver.tls.server.cert", 19, 20, own_secrets),
    retired("clustermesh.apiserver.tls.server.extraDnsNames", 20, 0,
            "clustermesh.apiserver.tls.auto.server.extraDnsNames"),
    retired("clustermesh.apiserver.tls.server.extraIpAddresses", 20, 0,
            "clustermesh.apiserver.tls.auto.server.extraIpAddresses"),
    retired("clustermesh.apiserver.tls.server.key", 19, 20, own_secrets),
    added("clustermesh.cacheTTL", 19),
    added("clustermesh.defaultGlobalNamespace", 20),
    retired("clustermesh.enableMCSAPISupport", 19, 20, "clustermesh.mcsapi.enabled"),
    added("clustermesh.mcsapi", 19),
    added("clustermesh.policyDefaultLocalCluster", 18),
    retired("externalWorkloads", 0, 18, "nothing: external workloads are gone since 1.18"),
    added("nativeRoutingCIDRFromClusterPool", 20),
};

// Reads a number without sign or leading zero off the front of `text`, and the dot that follows it when
// `dot`.
std::optional<int> take_number(std::string_view& text, bool dot) {
  int value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (status != std::errc{} || text.starts_with('-') || (length > 1 && text.starts_with('0'))) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  if (!dot) return value;
  if (!text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  return value;
}

}  // namespace

Result<CiliumVersion> parse_version(std::string_view text) {
  std::string_view rest = text;
  const auto major = take_number(rest, true);
  const auto minor = major ? take_number(rest, true) : std::nullopt;
  const auto patch = minor ? take_number(rest, false) : std::nullopt;
  const bool tail = rest.empty() || (rest.size() > 1 && rest.starts_with('-'));
  if (!patch || !tail) return fail(fmt::format("\"{}\" is no version such as 1.18.0", text));
  return CiliumVersion{*major, *minor, *patch, std::string{rest.empty() ? rest : rest.substr(1)}};
}

const CiliumMinor* find_minor(const CiliumVersion& version) {
  if (version.major < 1 || (version.major == 1 && version.minor < oldest_minor)) return nullptr;
  if (version.major > 1 || version.minor >= newest_minor) return &minors.back();
  return std::find_if(minors.begin(), minors.end(),
                      [&](const CiliumMinor& row) { return row.minor == version.minor; });
}

std::span<const KeyHistory> key_histories() {
  return histories;
}

const KeyHistory* find_key_history(std::string_view path) {
  const auto found = std::lower_bound(
      histories.begin(), histories.end(), path,
      [](const KeyHistory& history, std::string_view wanted) { return history.path < wanted; });
  return found != histories.end() && found->path == path ? found : nullptr;
}

const CiliumMinor& minor_of(std::string_view version) {
  return *find_minor(parse_version(version).value());
}

}  // namespace meshdrill::mesh
