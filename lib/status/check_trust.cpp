#include "base/text.hpp"
#include "status/checks.hpp"

#include <algorithm>
#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::status {
namespace {

using Time = CertificateFacts::Time;
using std::chrono::days;

constexpr days soon{30};
constexpr std::string_view renew =
    "helm upgrade issues again with method helm; with cronJob, create a Job from the CronJob "
    "clustermesh-apiserver-generate-certs.";

std::string day_of(Time time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string days_of(Time::duration left) {
  return plural(static_cast<std::size_t>(std::max<std::int64_t>(left / days{1}, 0)), "day");
}

void check_dates(const LiveCluster& cluster, const CertificateView& view, Time now, Found& found) {
  const Time end = view.facts->not_after;
  if (end <= now) {
    found.add("certificate-expired", cluster.name(),
              fmt::format("{}: expired on {}", view.secret, day_of(end)), std::string(renew));
  } else if (end - now < soon) {
    found.add("certificate-expires", cluster.name(),
              fmt::format("{}: expires on {}, in {}", view.secret, day_of(end), days_of(end - now)),
              std::string(renew));
  } else if (view.facts->not_before > now) {
    found.add("certificate-expired", cluster.name(),
              fmt::format("{}: is not valid before {}", view.secret, day_of(view.facts->not_before)),
              "Check the clock of whoever issued it.");
  }
}

// The common name is the user in etcd.
void check_user(const LiveCluster& cluster, const CertificateView& view, Found& found) {
  std::vector<std::string> users;
  if (view.role == "remote") users = {"remote", "remote-" + cluster.name()};
  if (view.role == "local" || view.role == "admin") users = {view.role + "-" + cluster.name()};
  if (users.empty() || found.misnamed(cluster.name()) ||
      std::ranges::count(users, view.facts->common_name) > 0)
    return;
  found.add("certificate-user", cluster.name(),
            fmt::format("{}: is for {}, not for {}", view.secret, printable(view.facts->common_name),
                        users.front()),
            std::string(renew));
}

void check_certificate(const LiveCluster& cluster, const CertificateView& view, Time now, Found& found) {
  if (!view.facts) {
    found.add("certificate-missing", cluster.name(),
              fmt::format("{}: tls.crt: {}", view.secret, view.problem), std::string(renew));
    return;
  }
  check_dates(cluster, view, now, found);
  check_user(cluster, view, found);
  if (!view.key_fits) {
    found.add("certificate-key", cluster.name(),
              fmt::format("{}: tls.key is not the key of tls.crt", view.secret), std::string(renew));
  }
  if (!view.signed_by_ca) {
    found.add("certificate-authority", cluster.name(),
              fmt::format("{}: ca.crt is not the CA that issued tls.crt", view.secret), std::string(renew));
  }
}

// The CA that is near its end takes all of its certificates with it: said once for the mesh.
void check_authority_dates(const LiveMesh& mesh, Found& found) {
  for (const LiveCluster& cluster : mesh.clusters) {
    for (const CertificateView& view : cluster.certificates) {
      if (!view.ca_not_after || *view.ca_not_after - mesh.now >= soon) continue;
      found.add(*view.ca_not_after <= mesh.now ? "certificate-expired" : "certificate-expires",
                cluster.name(),
                fmt::format("the CA in {}: ends on {}", view.secret, day_of(*view.ca_not_after)),
                "Plan the change of the CA: tls.caBundle with the old and the new one lets clusters go one "
                "by one.");
      return;
    }
  }
}

void check_missing(const LiveCluster& cluster, Found& found) {
  if (!cluster.apiserver.exists || cluster.unreadable("the peers and certificates (Secrets)")) return;
  std::vector<std::string_view> wanted = {"server", "remote", "admin"};
  // Before 1.17 agents presented the remote certificate at home, too.
  if (cluster.has_kvstoremesh && !cluster.cilium.starts_with("1.16.")) wanted.emplace_back("local");
  for (const std::string_view role : wanted) {
    if (std::ranges::count(cluster.certificates, role, &CertificateView::role) > 0) continue;
    found.add("certificate-missing", cluster.name(),
              fmt::format("there is no Secret clustermesh-apiserver-{}-cert", role), std::string(renew));
  }
}

// One CA for all; the server's Secret stands for its cluster.
void check_authorities(const LiveMesh& mesh, Found& found) {
  const LiveCluster* first = nullptr;
  std::string expected;
  for (const LiveCluster& cluster : mesh.clusters) {
    for (const CertificateView& view : cluster.certificates) {
      if (view.role != "server" || view.ca_fingerprint.empty()) continue;
      if (first == nullptr) {
        first = &cluster;
        expected = view.ca_fingerprint;
      }
      if (view.ca_fingerprint == expected) continue;
      found.add("ca-differs", cluster.name(),
                fmt::format("its CA ({}…) is another one than that of {} ({}…)",
                            view.ca_fingerprint.substr(0, 16), first->name(), expected.substr(0, 16)),
                "Use one CA in all clusters, or tls.caBundle with all of them.");
    }
  }
}

bool covers(const CertificateFacts& facts, const std::string& host) {
  if (parse_ip(host)) return std::ranges::count(facts.ip_addresses, host) > 0;
  const std::size_t dot = host.find('.');
  const std::string wildcard = dot == std::string::npos ? host : "*" + host.substr(dot);
  return std::ranges::any_of(facts.dns_names,
                             [&](const std::string& name) { return name == host || name == wildcard; });
}

// By what name its peers call it.
void check_server_names(const LiveMesh& mesh, const LiveCluster& target, Found& found) {
  const auto server = std::ranges::find(target.certificates, "server", &CertificateView::role);
  if (server == target.certificates.end() || !server->facts) return;
  for (const LiveCluster& cluster : mesh.clusters) {
    const auto& peers = cluster.has_remote_peers_secret ? cluster.remote_peers : cluster.peers;
    for (const PeerEntry& peer : peers) {
      if (peer.name != target.name() || peer.host.empty() || covers(*server->facts, peer.host)) continue;
      found.add("server-name", target.name(),
                fmt::format("{} calls it {}, which its server certificate does not have", cluster.name(),
                            peer.host),
                fmt::format("Add it to {} of clustermesh.apiserver.tls in {}.",
                            parse_ip(peer.host) ? "extraIpAddresses" : "extraDnsNames", target.name()));
      return;
    }
  }
}

}  // namespace

void check_trust(const LiveMesh& mesh, Found& found) {
  for (const LiveCluster& cluster : mesh.clusters) {
    if (!cluster.reachable) continue;
    check_missing(cluster, found);
    for (const CertificateView& view : cluster.certificates)
      check_certificate(cluster, view, mesh.now, found);
    check_server_names(mesh, cluster, found);
  }
  check_authority_dates(mesh, found);
  check_authorities(mesh, found);
}

}  // namespace meshdrill::status
