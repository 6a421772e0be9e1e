#include "mesh/check/helm_size.hpp"

#include "mesh/cilium_version.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

// The bare chart as a share of the limit. 1.18 to 1.20 were measured on all of a chart's files; of 1.16 and
// 1.17 on values.yaml and values.schema.json, to which the others' shares stand in one proportion (11.3 times
// what these two take, within 2 %). Packages lost two files of no use (values.yaml.tmpl, README.gotmpl) from
// some patch on, and with them a fifth.
struct ChartSize {
  int minor;
  int slim_from;  // the first patch without them
  double slim;    // share of the limit
  double fat;
};
constexpr std::array<ChartSize, 5> charts{{
    {16, 99, 0.37, 0.45},
    {17, 17, 0.39, 0.47},
    {18, 11, 0.41, 0.50},
    {19, 5, 0.44, 0.53},
    {20, 0, 0.46, 0.46},
}};

constexpr int first_measured = 18;

// What an entry for a peer costs in values, Secret and hostAliases, after gzip and base64.
constexpr std::size_t plain_peer = 60;
// Each byte of PEM stands in base64 in the values and in the manifest, too far apart for gzip to see that; of
// base64 in base64 gzip leaves 0.88 of the PEM, and the base64 around it adds a third: 2 * 0.88 * 4 / 3.
constexpr double release_per_pem_byte = 2.35;
constexpr std::size_t etcd_config = 230;     // a peer's entry in cilium-kvstoremesh besides its PEM
constexpr std::size_t rsa_2048_pem = 4'100;  // certificate, key and CA

double chart_share(const std::string& version) {
  const CiliumVersion parsed = parse_version(version).value();
  const int minor = std::clamp(parsed.minor, oldest_minor, newest_minor);
  for (const ChartSize& chart : charts) {
    if (chart.minor == minor) return parsed.patch >= chart.slim_from ? chart.slim : chart.fat;
  }
  return charts.back().slim;
}

// The most that any of them has.
std::size_t most_pem(const TrustMaterial& material) {
  std::size_t most = 0;
  for (const auto& [name, peer] : material.peers) {
    most = std::max(most, peer.pair.certificate.size() + peer.pair.key.size() + peer.authority.size());
  }
  return most;
}

int percent(std::size_t bytes) {
  return static_cast<int>(100 * bytes / secret_limit);
}

constexpr std::string_view cure =
    "Use trust.mode: sharedCA, which puts no keys into the values. HELM_DRIVER=sql, or `helm template | "
    "kubectl "
    "apply`, has no such limit.";

}  // namespace

ReleaseSize release_size(const Mesh& mesh, const Cluster& cluster, std::size_t peer_pem) {
  const std::size_t peers = mesh.clusters.empty() ? 0 : mesh.clusters.size() - 1;
  const auto chart = static_cast<std::size_t>(chart_share(cluster.version) * secret_limit);
  const auto keys = static_cast<std::size_t>(release_per_pem_byte * static_cast<double>(peer_pem));
  return {chart + peers * (plain_peer + keys), peers * (peer_pem + etcd_config)};
}

void check_release_size(const Mesh& mesh, const TrustMaterial* material, Findings& found) {
  if (mesh.clusters.empty()) return;
  const bool inlined = mesh.trust.mode == Trust::Mode::inlined;
  const bool known = material != nullptr && !material->peers.empty();
  const std::size_t pem = !inlined ? 0 : known ? most_pem(*material) : rsa_2048_pem;
  // Where the versions differ, one cluster's chart is larger than the others'.
  ReleaseSize size;
  bool scaled = false;
  for (const Cluster& cluster : mesh.clusters) {
    const ReleaseSize own = release_size(mesh, cluster, pem);
    if (own.release > size.release) scaled = minor_of(cluster.version).minor < first_measured;
    size = {std::max(size.release, own.release), std::max(size.kvstoremesh, own.kvstoremesh)};
  }
  const auto report = [&](std::size_t bytes, std::string what) {
    // Near the limit the estimate, and what the operator's own values add, decide.
    if (bytes < secret_limit * 9 / 10) return;
    if (bytes >= secret_limit && (known || !inlined)) {
      found.error("release-size", mesh.trust.where, std::move(what), std::string{cure});
    } else {
      found.warning("release-size", mesh.trust.where, std::move(what), std::string{cure});
    }
  };
  report(size.release,
         fmt::format(
             "clusters: the Helm release of a cluster with {} peers takes about {} % of the 1 MiB that a "
             "Secret holds{}{}",
             mesh.clusters.size() - 1, percent(size.release),
             scaled ? fmt::format(" (its chart was not measured: scaled from that of 1.{})", first_measured)
                    : "",
             mesh.cilium.values_key.empty() ? "" : ", without what else the umbrella chart holds"));
  report(
      size.kvstoremesh,
      fmt::format("clusters: the Secret cilium-kvstoremesh with {} peers takes about {} % of the 1 MiB that "
                  "a Secret holds",
                  mesh.clusters.size() - 1, percent(size.kvstoremesh)));
}

}  // namespace meshdrill::mesh
