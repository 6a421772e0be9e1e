#include "base/text.hpp"
#include "kube/json_fields.hpp"
#include "status/parse.hpp"

#include <algorithm>
#include <array>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace meshdrill::status {
namespace {

namespace json = boost::json;

// What of a peer must have arrived before it counts as synchronised. The last two exist in newer versions
// only, and are absent where the peer does not send them.
constexpr std::array always_synced = {"nodes", "endpoints", "identities", "services"};
constexpr std::array sometimes_synced = {"service-exports", "endpoint-slices"};

std::string still_missing(const json::value& synced) {
  std::vector<std::string> missing;
  for (const char* what : always_synced) {
    if (!kube::boolean_field(synced, fmt::format("/{}", what))) missing.emplace_back(what);
  }
  for (const char* what : sometimes_synced) {
    const std::string pointer = fmt::format("/{}", what);
    if (kube::field(synced, pointer) != nullptr && !kube::boolean_field(synced, pointer))
      missing.emplace_back(what);
  }
  return join_words(missing);
}

// The model RemoteCluster of Cilium's API, in which false and absent are one.
void climb(const json::value& remote, PeerReport& report) {
  report.detail = printable(kube::text_field(remote, "/status"));
  const json::value* config = kube::field(remote, "/config");
  const json::value* synced = kube::field(remote, "/synced");
  if (!kube::boolean_field(remote, "/connected")) {
    report.rung = Rung::not_connected;
  } else if (config == nullptr) {
    report.rung = Rung::config_unknown;
  } else if (kube::boolean_field(*config, "/required") && !kube::boolean_field(*config, "/retrieved")) {
    report.rung = Rung::config_missing;
  } else if (synced == nullptr) {
    report.rung = Rung::sync_unknown;
  } else if (const std::string missing = still_missing(*synced); !missing.empty()) {
    report.rung = Rung::syncing;
    report.detail = missing;
  } else {
    report.rung = kube::boolean_field(remote, "/ready") ? Rung::ready : Rung::not_ready;
  }
}

PeerReport report_of(const Observer& observer, std::string peer) {
  PeerReport report;
  report.observer = observer.kind;
  report.pod = observer.pod;
  report.peer = printable(peer);
  return report;
}

// `metric{target_cluster="north"} 1`: the label's value and the number; nothing for other lines.
std::optional<std::pair<std::string, bool>> read_line(std::string_view line, std::string_view metric) {
  if (!line.starts_with(metric)) return std::nullopt;
  constexpr std::string_view label = "target_cluster=\"";
  const std::size_t start = line.find(label);
  const std::size_t end = start == std::string_view::npos ? start : line.find('"', start + label.size());
  const std::size_t brace = line.rfind('}');
  if (end == std::string_view::npos || brace == std::string_view::npos) return std::nullopt;
  std::string_view number = line.substr(brace + 1);
  while (!number.empty() && number.front() == ' ') number.remove_prefix(1);
  return std::pair{std::string(line.substr(start + label.size(), end - start - label.size())),
                   number.starts_with('1')};
}

}  // namespace

bool parse_reports(const Observer& observer, std::string_view text, LiveCluster& cluster) {
  boost::system::error_code error;
  const json::value status = json::parse(text, error);
  if (error) return false;
  // An agent says it among much else; kvstoremesh-dbg says only this.
  const bool agent = observer.kind == Observer::Kind::agent;
  if (agent ? !status.is_object() : !status.is_array() && !status.is_object()) return false;
  const json::array& remotes =
      status.is_array() ? status.get_array()
                        : kube::array_field(status, agent ? "/cluster-mesh/clusters" : "/clusters");
  for (const json::value& remote : remotes) {
    PeerReport report = report_of(observer, kube::text_field(remote, "/name"));
    climb(remote, report);
    cluster.reports.push_back(std::move(report));
  }
  return true;
}

bool parse_metrics(const Observer& observer, std::string_view text, LiveCluster& cluster) {
  const bool agent = observer.kind == Observer::Kind::agent;
  const std::string family = agent ? "cilium_clustermesh" : "cilium_kvstoremesh";
  const std::string metric = family + "_remote_cluster_readiness_status";
  bool known = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    known = known || line.starts_with(family + "_remote_clusters");
    const auto read = read_line(line, metric);
    if (!read) continue;
    known = true;
    PeerReport report = report_of(observer, read->first);
    report.from_metrics = true;
    report.rung = read->second ? Rung::ready : Rung::not_ready;
    cluster.reports.push_back(std::move(report));
  }
  return known;
}

void add_unknown_peers(const Observer& observer, LiveCluster& cluster) {
  const bool agent = observer.kind == Observer::Kind::agent;
  for (const PeerEntry& peer : agent ? cluster.peers : cluster.remote_peers) {
    const bool known =
        std::any_of(cluster.reports.begin(), cluster.reports.end(), [&](const PeerReport& report) {
          return report.pod == observer.pod && report.observer == observer.kind && report.peer == peer.name;
        });
    if (!known) cluster.reports.push_back(report_of(observer, peer.name));
  }
}

std::string_view words_of(Rung rung) {
  switch (rung) {
    case Rung::unknown:
      return "is not known";
    case Rung::not_connected:
      return "is not connected";
    case Rung::config_unknown:
      return "is connected, its configuration unknown";
    case Rung::config_missing:
      return "is connected, its configuration not found";
    case Rung::sync_unknown:
      return "is connected, its synchronisation not begun";
    case Rung::syncing:
      return "is still being synchronised";
    case Rung::not_ready:
      return "is not ready";
    case Rung::ready:
      return "is connected";
  }
  return "?";
}

}  // namespace meshdrill::status
