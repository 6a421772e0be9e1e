#include "base/fingerprint.hpp"
#include "base/text.hpp"
#include "mesh/values/rules.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

// Of about 9.7 KB each in the Helm release, so that some sixty fill the 1 MiB that it may have.
constexpr std::string_view inline_cost =
    "each costs the Helm release about 10 KB of the 1 MiB that it may have, and nobody renews it";

void check_inline(const ClusterValues& cluster, Findings& found) {
  const PeerList& list = cluster.peers;
  for (const Peer& peer : list.peers) {
    std::vector<std::string> keys;
    if (peer.tls_cert) keys.emplace_back("cert");
    if (peer.tls_key) keys.emplace_back("key");
    if (peer.tls_authority) keys.emplace_back("caCert");
    if (keys.empty()) continue;
    found.warning(
        "inline-tls", list.at(peer.tls_where),
        fmt::format("peer {} has its tls {} inline: {}", printable(peer.name), join_words(keys), inline_cost),
        "Let the clusters share one CA, or trust each other's with tls.caBundle, and leave this out.");
    if (peer.tls_cert != peer.tls_key) {
      found.error("inline-tls-half", list.at(peer.tls_where),
                  fmt::format("peer {} has only one of tls.cert and tls.key: the chart then uses neither",
                              printable(peer.name)));
    }
  }
}

void check_given(const MeshValues& mesh, const ClusterValues& cluster, Findings& found) {
  for (const std::string_view part : {"server", "admin", "remote", "client"}) {
    const HelmValue* key = cluster.cilium.find(fmt::format("clustermesh.apiserver.tls.{}.key", part));
    if (key == nullptr || key->text.empty()) continue;
    found.warning(
        "key-in-values", key->where,
        fmt::format("clustermesh.apiserver.tls.{}.key: a private key does not belong in a values file", part),
        "Let tls.auto make the certificates, or create their Secrets yourself.");
    if (mesh.minor && *mesh.minor >= 20 && !cluster.certificates_auto.value) {
      found.error(
          "key-removed", key->where,
          fmt::format(
              "clustermesh.apiserver.tls.{}: with tls.auto.enabled false the chart of 1.20 fails on it",
              part));
    }
  }
  const HelmValue* authority = cluster.cilium.find("tls.ca.key");
  if (authority != nullptr && !authority->text.empty()) {
    found.warning("key-in-values", authority->where,
                  "tls.ca.key: whoever reads this file can make certificates for every cluster",
                  "Keep it in a file of its own that is not in version control, or create the Secret "
                  "cilium-ca yourself.");
  }
}

// Helm's method makes a CA of its own in every cluster where nobody gives one.
void check_authorities(const MeshValues& mesh, Findings& found) {
  const ClusterValues* first = nullptr;
  for (const ClusterValues& cluster : mesh.clusters) {
    if (cluster.ca_certificate.value.empty() || cluster.ca_bundle.value) continue;
    const Result<std::string> print = certificate_fingerprint(cluster.ca_certificate.value);
    if (!print) {
      found.error("ca-form", cluster.ca_certificate.where,
                  fmt::format("tls.ca.cert: {}", print.error().message),
                  "It is the PEM file in base64, on one line.");
      continue;
    }
    if (first == nullptr) {
      first = &cluster;
      continue;
    }
    const auto other = certificate_fingerprint(first->ca_certificate.value);
    if (*print == *other) continue;
    found.error(
        "ca-differs", cluster.ca_certificate.where,
        fmt::format("tls.ca.cert is another CA ({}...) than that of {} ({}...): they will refuse each other",
                    print->substr(0, 16), first->label(), other->substr(0, 16)),
        "Use one CA in all clusters, or tls.caBundle with all of them.");
  }
  if (first == nullptr) return;
  for (const ClusterValues& cluster : mesh.clusters) {
    if (!cluster.ca_certificate.value.empty() || cluster.ca_bundle.value) continue;
    found.warning(
        "ca-missing", cluster.whole,
        fmt::format(
            "tls.ca.cert is not set, though {} has one: unless the Secret cilium-ca is there already, "
            "Helm makes another CA",
            first->label()),
        "Give all clusters the same tls.ca, or create the Secret cilium-ca in each.");
  }
}

void check_method(const ClusterValues& cluster, Findings& found) {
  if (!cluster.use_apiserver.value || cluster.certificate_method.value != "certmanager") return;
  const HelmValue* issuer = cluster.cilium.find("clustermesh.apiserver.tls.auto.certManagerIssuerRef");
  if (issuer != nullptr && !issuer->entries.empty()) return;
  found.error(
      "cert-manager-issuer", cluster.certificate_method.where,
      "clustermesh.apiserver.tls.auto.method certmanager needs certManagerIssuerRef; the chart fails");
}

bool covers(const std::vector<std::string>& names, const std::string& host) {
  const std::size_t dot = host.find('.');
  const std::string wildcard = dot == std::string::npos ? std::string{} : "*" + host.substr(dot);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name == host || (!wildcard.empty() && name == wildcard);
  });
}

// A peer is called by <name>.<domain> when it has ips, else by its address; the server's certificate has the
// names of the default domain alone.
void check_server_names(const MeshValues& mesh, const ClusterValues& target, Findings& found) {
  if (!target.certificates_auto.value || !target.use_apiserver.value) return;
  std::vector<std::string> names = target.server_names;
  names.emplace_back("*.mesh.cilium.io");
  for (const auto& [cluster, peer] : mesh.peers.of(target.name.value)) {
    if (!peer->enabled || cluster == &target || !peer->has_endpoint()) continue;
    const bool by_domain = !peer->ips.empty();
    const std::string host = by_domain ? peer->name + "." + cluster->domain.value : peer->address.value;
    if (covers(names, host)) continue;
    found.error("server-name", by_domain ? cluster->domain.where : cluster->peers.at(peer->address.where),
                fmt::format("{} calls {} {}, which is not in that cluster's server certificate",
                            cluster->label(), printable(peer->name), printable(host)),
                fmt::format("Add {} to the {} of clustermesh.apiserver in {}.",
                            by_domain ? "\"*." + cluster->domain.value + "\"" : printable(host),
                            parse_ip(host) ? "extraIpAddresses" : "extraDnsNames", target.whole.file.str()));
  }
}

}  // namespace

void check_trust(const MeshValues& mesh, Findings& found) {
  for (const ClusterValues& cluster : mesh.clusters) {
    check_inline(cluster, found);
    check_given(mesh, cluster, found);
    check_method(cluster, found);
    check_server_names(mesh, cluster, found);
  }
  check_authorities(mesh, found);
}

}  // namespace meshdrill::mesh::values
