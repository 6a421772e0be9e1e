#include "base/text.hpp"
#include "status/checks.hpp"
#include "status/parse.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

std::string_view rule_of(Rung rung) {
  switch (rung) {
    case Rung::unknown:
      return "peer-unknown";
    case Rung::not_connected:
      return "peer-not-connected";
    case Rung::config_unknown:
      return "peer-config-unknown";
    case Rung::config_missing:
      return "peer-config-missing";
    case Rung::sync_unknown:
      return "peer-sync-unknown";
    case Rung::syncing:
      return "peer-syncing";
    case Rung::not_ready:
    case Rung::ready:
      return "peer-not-ready";
  }
  return "peer-not-ready";
}

std::string_view cure_of(Rung rung) {
  switch (rung) {
    case Rung::unknown:
      return "Restart the agent if it has not followed within some minutes: it mounts the Secret "
             "cilium-clustermesh.";
    case Rung::not_connected:
      return "Check the peer's address, port and certificates: meshdrill status --dial, or cilium-dbg "
             "troubleshoot "
             "clustermesh in the agent.";
    case Rung::config_missing:
      return "Compare the peer's name in clustermesh.config.clusters with its own cluster.name.";
    case Rung::config_unknown:
    case Rung::sync_unknown:
    case Rung::syncing:
      return "Wait with --wait; if it stays, look at the log of clustermesh-apiserver on both sides.";
    default:
      return "cilium-dbg troubleshoot clustermesh in the agent says more.";
  }
}

struct Views {
  Rung worst = Rung::ready;
  std::string detail;  // of the worst
  int agents = 0, agents_not_ready = 0;
  int kvstoremesh = 0, kvstoremesh_not_ready = 0;
};

std::string observers_of(const Views& views) {
  std::vector<std::string> parts;
  if (views.agents_not_ready > 0) {
    parts.push_back(fmt::format("{} of {}", views.agents_not_ready,
                                plural(static_cast<std::size_t>(views.agents), "agent")));
  }
  if (views.kvstoremesh_not_ready > 0) parts.emplace_back("kvstoremesh");
  return join_words(parts);
}

bool anybody_misnamed(const LiveMesh& mesh, const Found& found) {
  return std::ranges::any_of(mesh.clusters,
                             [&](const LiveCluster& one) { return found.misnamed(one.name()); });
}

// One finding a peer, by the lowest rung that anybody stands on.
void check_cluster(const LiveMesh& mesh, const LiveCluster& cluster, Found& found) {
  std::map<std::string, Views> peers;
  for (const PeerReport& report : cluster.reports) {
    Views& views = peers[report.peer];
    const bool ready = report.rung == Rung::ready;
    (report.observer == Observer::Kind::agent ? views.agents : views.kvstoremesh) += 1;
    (report.observer == Observer::Kind::agent ? views.agents_not_ready : views.kvstoremesh_not_ready) +=
        !ready;
    if (report.rung >= views.worst) continue;
    views.worst = report.rung;
    views.detail = report.detail;
  }
  for (const auto& [peer, views] : peers) {
    if (views.worst == Rung::ready) continue;
    // A wrong entry, and a clustermesh-apiserver that is down, have been found as what they are.
    const LiveCluster* target = mesh.named(peer);
    if (target == nullptr && (found.has("peer-name", cluster.name()) || anybody_misnamed(mesh, found)))
      continue;
    if (found.has("peer-lists-differ", cluster.name()) && views.worst == Rung::unknown) continue;
    if (target != nullptr && found.has("apiserver-not-ready", target->name())) continue;
    if (found.has("peer-endpoint", cluster.name())) continue;
    std::string what = fmt::format("{} {}, by {}", peer, words_of(views.worst), observers_of(views));
    if (!views.detail.empty()) what += ": " + views.detail;
    found.add(rule_of(views.worst), cluster.name(), std::move(what), std::string(cure_of(views.worst)));
  }
}

void check_dials(const LiveCluster& cluster, Found& found) {
  for (const DialResult& dial : cluster.dials) {
    if (dial.ok) continue;
    if (dial.reached) {
      found.add("dial-refused", cluster.name(),
                fmt::format("{} at {} (asked as {}): {}", dial.peer, dial.address, dial.name, dial.detail),
                fmt::format("Compare the CA, the names and the dates of the certificates of {} and {}.",
                            cluster.name(), dial.peer));
    } else {
      found.add("dial-unreachable", cluster.name(),
                fmt::format("{} at {}: {}", dial.peer, dial.address, dial.detail),
                "Check that the address is right and that no firewall is in between, from a node of this "
                "cluster too.");
    }
  }
}

}  // namespace

void check_connections(const LiveMesh& mesh, Found& found) {
  for (const LiveCluster& cluster : mesh.clusters) {
    check_cluster(mesh, cluster, found);
    check_dials(cluster, found);
  }
}

}  // namespace meshdrill::status
