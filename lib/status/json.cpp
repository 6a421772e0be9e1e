#include "status/json.hpp"

#include "status/as_mesh.hpp"
#include "status/text.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::status {
namespace {

namespace json = boost::json;

std::string time_of(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string_view name_of(Rung rung) {
  switch (rung) {
    case Rung::unknown:
      return "unknown";
    case Rung::not_connected:
      return "not-connected";
    case Rung::config_unknown:
      return "config-unknown";
    case Rung::config_missing:
      return "config-missing";
    case Rung::sync_unknown:
      return "sync-unknown";
    case Rung::syncing:
      return "syncing";
    case Rung::not_ready:
      return "not-ready";
    case Rung::ready:
      return "ready";
  }
  return "?";
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::healthy:
      return "healthy";
    case Outcome::unhealthy:
      return "unhealthy";
    case Outcome::unknown:
      return "unknown";
  }
  return "?";
}

template <class Items, class Make>
json::array list(const Items& items, Make make) {
  json::array made;
  for (const auto& item : items) made.emplace_back(make(item));
  return made;
}

json::object workload(const Workload& one) {
  return {{"exists", one.exists}, {"wanted", one.wanted}, {"ready", one.ready}};
}

json::object node(const NodeView& one) {
  const auto address = [](const IpAddress& ip) { return json::value(to_string(ip)); };
  const auto prefix = [](const IpPrefix& cidr) { return json::value(to_string(cidr)); };
  return {{"name", one.name},
          {"ready", one.ready},
          {"addresses", list(one.addresses, address)},
          {"podCIDRs", list(one.cilium_pods.empty() ? one.pods : one.cilium_pods, prefix)},
          {"ciliumNode", one.has_cilium}};
}

json::object peer(const LiveCluster& cluster, const PeerEntry& entry) {
  const auto reports = [&](Observer::Kind kind) {
    json::array views;
    for (const PeerReport& report : cluster.reports) {
      if (report.peer != entry.name || report.observer != kind) continue;
      views.emplace_back(json::object{{"pod", report.pod},
                                      {"state", name_of(report.rung)},
                                      {"detail", report.detail},
                                      {"fromMetrics", report.from_metrics}});
    }
    return views;
  };
  json::array dials;
  for (const DialResult& dial : cluster.dials) {
    if (dial.peer != entry.name) continue;
    dials.emplace_back(json::object{{"address", dial.address},
                                    {"name", dial.name},
                                    {"ok", dial.ok},
                                    {"reached", dial.ok || dial.reached},
                                    {"detail", dial.detail}});
  }
  return {{"name", entry.name},
          {"host", entry.host},
          {"port", entry.port},
          {"agents", reports(Observer::Kind::agent)},
          {"kvstoremesh", reports(Observer::Kind::kvstoremesh)},
          {"dials", std::move(dials)}};
}

json::object certificate(const CertificateView& one, std::chrono::system_clock::time_point now) {
  json::object made{{"secret", one.secret}, {"role", one.role}, {"readable", one.facts.has_value()}};
  made["commonName"] = one.facts ? one.facts->common_name : "";
  made["notAfter"] = one.facts ? json::value(time_of(one.facts->not_after)) : json::value(nullptr);
  made["daysLeft"] =
      one.facts ? json::value((one.facts->not_after - now) / std::chrono::days{1}) : json::value(nullptr);
  made["keyFits"] = one.key_fits;
  made["caFingerprint"] = one.ca_fingerprint;
  return made;
}

json::object service(const ServiceView& one) {
  json::object synced;
  for (const auto& [cluster, ready] : one.synced) synced[cluster] = ready;
  return {{"name", one.key},
          {"shared", one.shared},
          {"affinity", one.affinity},
          {"readyEndpoints", one.ready},
          {"syncedEndpoints", std::move(synced)},
          {"ports", list(one.ports, [](const ServicePortView& port) {
             return json::object{{"name", port.name},
                                 {"port", port.port},
                                 {"targetPort", port.target},
                                 {"protocol", port.protocol}};
           })}};
}

json::object way_in(const WayIn& one) {
  return {{"kind", one.gateway.empty() ? "Ingress" : "HTTPRoute"},
          {"name", one.key},
          {"gateway", one.gateway},
          {"host", one.host},
          {"service", one.service},
          {"imported", one.imported},
          {"class", one.class_name},
          {"addresses", json::array(one.addresses.begin(), one.addresses.end())},
          {"refusal", one.refusal}};
}

json::object mcs(const McsView& one) {
  return {{"name", one.key}, {"conflict", one.conflict}, {"invalid", one.invalid}};
}

// The peers of both lists, each once; kvstoremesh's entry, which leads outward, before the agents'.
std::vector<PeerEntry> all_peers(const LiveCluster& cluster) {
  std::vector<PeerEntry> all = cluster.remote_peers;
  for (const PeerEntry& entry : cluster.peers) {
    if (std::ranges::count(all, entry.name, &PeerEntry::name) == 0) all.push_back(entry);
  }
  return all;
}

json::object cluster_object(const LiveMesh& mesh, const LiveCluster& cluster) {
  const auto& service_facts = cluster.apiserver_service;
  json::array services;
  for (const ServiceView& one : cluster.services) {
    if (one.global) services.emplace_back(service(one));
  }
  json::object settings;
  for (const auto& [name, value] : cluster.config) settings[name] = value;
  return {{"name", cluster.name()},
          {"context", cluster.context},
          {"reachable", cluster.reachable},
          {"cilium", cluster.cilium},
          {"kubernetes", cluster.kubernetes},
          {"clockAheadSeconds", cluster.clock_ahead
                                    ? json::value(std::chrono::duration<double>(*cluster.clock_ahead).count())
                                    : json::value(nullptr)},
          {"settings", std::move(settings)},
          {"agents", workload(cluster.agents)},
          {"operator", workload(cluster.cilium_operator)},
          {"envoy", workload(cluster.envoy)},
          {"apiserver", workload(cluster.apiserver)},
          {"apiserverService", json::object{{"exists", service_facts.exists},
                                            {"type", service_facts.type},
                                            {"port", service_facts.port},
                                            {"nodePort", service_facts.node_port},
                                            {"addresses", json::array(service_facts.addresses.begin(),
                                                                      service_facts.addresses.end())}}},
          {"nodes", list(cluster.nodes, node)},
          {"peers", list(all_peers(cluster), [&](const PeerEntry& entry) { return peer(cluster, entry); })},
          {"certificates", list(cluster.certificates,
                                [&](const CertificateView& one) { return certificate(one, mesh.now); })},
          {"services", std::move(services)},
          {"mcsApi", cluster.has_mcs_api},
          {"serviceExports", list(cluster.exports, mcs)},
          {"serviceImports", list(cluster.imports, mcs)},
          {"waysIn", list(cluster.ways_in, way_in)},
          {"unread", list(cluster.unread, [](const Unread& one) {
             return json::object{{"what", one.what}, {"why", one.why}, {"rule", one.rule}};
           })}};
}

}  // namespace

json::object to_json(const LiveMesh& mesh, const std::vector<Finding>& findings) {
  json::object counts{{"error", 0}, {"unknown", 0}, {"warning", 0}, {"note", 0}};
  json::array found;
  for (const Finding& one : findings) {
    json::value& count = counts[to_string(one.level)];
    count = count.as_int64() + 1;
    found.emplace_back(json::object{{"rule", one.rule},
                                    {"level", to_string(one.level)},
                                    {"cluster", one.cluster},
                                    {"what", one.what},
                                    {"why", one.why},
                                    {"cure", one.cure}});
  }
  return {
      {"apiVersion", "meshdrill/v1"},
      {"kind", "MeshStatus"},
      {"time", time_of(mesh.now)},
      {"outcome", name_of(outcome_of(findings))},
      {"summary", summary(mesh, findings)},
      {"counts", std::move(counts)},
      {"findings", std::move(found)},
      {"clusters", list(mesh.clusters, [&](const LiveCluster& one) { return cluster_object(mesh, one); })},
      {"dns", list(mesh.dns, [](const DnsView& view) {
         return json::object{
             {"host", view.host},
             {"by", view.by},
             {"addresses",
              list(view.addresses, [](const IpAddress& ip) { return json::value(to_string(ip)); })},
             {"problem", view.problem}};
       })}};
}

}  // namespace meshdrill::status
