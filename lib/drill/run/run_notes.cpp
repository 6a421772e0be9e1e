// The entries that a run writes into its journal; docs/reference/journal.md has them all.
#include "drill/run/run.hpp"
#include "kube/field_change.hpp"

#include <unistd.h>

#include <boost/json/array.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;

// Empty until it is known.
std::string service_text(const ObjectName& service) {
  return service.name.empty() ? std::string{} : to_string(service);
}

std::string wall_time() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

}  // namespace

void DrillRun::note_start() {
  json::array clusters;
  for (const Cluster& cluster : clusters_) {
    json::array ingress;
    for (const IpAddress& address : cluster.ingress) ingress.emplace_back(to_string(address));
    clusters.push_back(
        {{"name", cluster.name}, {"context", cluster.context}, {"uid", ""}, {"ingress", std::move(ingress)}});
  }
  recorder_.note("start",
                 {{"schema", journal_schema},
                  {"version", options_.version},
                  {"run", run_},
                  {"wall", wall_time()},
                  {"host", host_name()},
                  {"pid", ::getpid()},
                  {"drillFile", options_.scenario_file},
                  {"drill", scenario().text},
                  {"cluster", scenario().target.cluster},
                  {"service", service_text(scenario().target.service)},
                  {"mesh", options_.mesh.name},
                  {"url", scenario().traffic.url.empty() ? mesh::url(options_.mesh) : scenario().traffic.url},
                  {"clusters", std::move(clusters)}},
                 Durability::synced);
}

void DrillRun::note_preflight(const Preflight& preflight) {
  for (const Finding& finding : preflight.findings) {
    json::object fields{{"check", finding.check}, {"ok", finding.ok}, {"message", finding.message}};
    if (finding.warning) fields["warning"] = true;
    recorder_.note("preflight", std::move(fields));
  }
  json::array changes;
  for (const Change& change : preflight.changes) {
    json::object fields = encode(change);
    fields["cluster"] = target().name;
    changes.emplace_back(std::move(fields));
  }
  json::object ready;
  for (const auto& [cluster, count] : preflight.ready) ready[cluster] = count;
  json::object uids;
  for (const auto& [cluster, uid] : preflight.uids) uids[cluster] = uid;
  recorder_.note("target", {{"service", service_text(preflight.service)},
                            {"changes", std::move(changes)},
                            {"left", preflight.left_ready},
                            {"ready", std::move(ready)},
                            {"uids", std::move(uids)}});
}

void DrillRun::note_write(std::string_view event, std::string_view action, const Change& change) {
  const bool restore = action == "restore";
  json::object fields = encode(change);
  fields["cluster"] = target().name;
  fields["action"] = action;
  // What is written now, rather than what the change is about.
  if (restore && change.kind == ChangeKind::replicas) fields["to"] = change.replicas;
  if (restore && change.kind == ChangeKind::field) fields["to"] = fields["value"];
  fields["message"] = restore ? describe_restore(change) : describe_fault(change);
  recorder_.note(std::string{event}, std::move(fields), Durability::synced);
}

void DrillRun::note_pods_left(const Change& change, int left) {
  recorder_.note("observed", {{"cluster", target().name},
                              {"kind", to_string(change.object_kind)},
                              {"namespace", change.object.ns},
                              {"name", change.object.name},
                              {"podsLeft", left}});
}

void DrillRun::note_ownership(const OwnershipReport& report) {
  recorder_.note("ownership", {{"cluster", target().name},
                               {"kind", to_string(report.change.object_kind)},
                               {"namespace", report.change.object.ns},
                               {"name", report.change.object.name},
                               {"field", kube::to_string(field_path(report.change))},
                               {"before", report.before},
                               {"after", report.after},
                               {"same", report.same},
                               {"message", describe(report)}});
}

void DrillRun::note_warning(const std::string& message) {
  recorder_.note("warning", {{"message", message}});
}

}  // namespace meshdrill::drill
