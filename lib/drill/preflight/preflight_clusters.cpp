// Which clusters these are, and whether the others could take over.
#include "base/text.hpp"
#include "drill/preflight/preflight_parts.hpp"
#include "drill/safety/lock.hpp"
#include "kube/endpoints.hpp"
#include "kube/identity.hpp"
#include "kube/json_fields.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

constexpr const char* global_annotation = "service.cilium.io/global";

bool is_true(const kube::Labels& annotations, const std::string& key) {
  const auto found = annotations.find(key);
  if (found == annotations.end()) return false;
  std::string value = found->second;
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value == "true";
}

// Whether the drill's claim is that the other clusters serve in the target's place.
bool needs_global(Fault::Kind kind) {
  return kind != Fault::Kind::ingress_controller;
}

void judge_service(const Cluster& cluster, const Scenario& scenario,
                   const kube::ApiResult<kube::Service>& service, Preflight& preflight) {
  const std::string name = fmt::format("Service {} in {}", to_string(preflight.service), cluster.name);
  if (!service) {
    preflight.note("service", false,
                   service.error().not_found() ? name + " does not exist" : to_string(service.error()));
  } else if (is_true(service->annotations, global_annotation)) {
    preflight.note("service", true, name + " is global");
  } else if (needs_global(scenario.fault.kind)) {
    preflight.note(
        "service", false,
        fmt::format("{} is not global: without {}: \"true\" no traffic moves to another cluster when its "
                    "Pods are gone",
                    name, global_annotation));
  } else {
    preflight.warn("service", name + " is not global");
  }
}

}  // namespace

// Two contexts of one cluster would make the survivor and the target the same.
Task<> look_at_identity(const Cluster& cluster, Preflight& preflight) {
  const kube::ApiResult<std::string> uid = co_await kube::cluster_uid(*cluster.client);
  if (!uid) {
    preflight.note("identity", false, to_string(uid.error()));
    co_return;
  }
  bool alone = true;
  for (const auto& [other, known] : preflight.uids) {
    if (known != *uid) continue;
    alone = false;
    preflight.note(
        "identity", false,
        fmt::format("{} and {} are one and the same cluster: check their contexts", other, cluster.name));
  }
  preflight.uids[cluster.name] = *uid;
  if (alone) preflight.note("identity", true, fmt::format("{} answers as {}", cluster.name, cluster.context));
}

// A drill that was cut short: until it is put back, whatever else is amiss may be its doing. Who may not read
// the Lease is told so with the other permissions.
Task<> look_at_lock(const Cluster& cluster, Preflight& preflight) {
  const kube::ApiResult<std::optional<kube::Lease>> lease = co_await find_lease(*cluster.client);
  if (lease && *lease && left_behind(**lease))
    preflight.note("lock", false, held_by_other(cluster.name, **lease));
}

// What the cluster says that it is, so that a drill for staging is not run on production.
Task<> look_at_environment(const Cluster& target, const Scenario& scenario, Preflight& preflight) {
  const kube::ObjectRef reference(kube::namespaces(), std::string(), std::string("kube-system"));
  kube::Request request;
  request.path = kube::object_path(reference);
  const kube::ApiResult<boost::json::value> ns = co_await target.client->request(std::move(request));
  if (!ns) {
    preflight.note("environment", false, to_string(ns.error()));
    co_return;
  }
  const kube::Labels annotations = kube::labels_field(*ns, "/metadata/annotations");
  if (const auto found = annotations.find(environment_annotation); found != annotations.end())
    preflight.environment = printable(found->second);
  const std::string& wanted = scenario.guards.environment;
  if (wanted.empty()) {
    if (!preflight.environment.empty())
      preflight.note("environment", true, fmt::format("{} is {}", target.name, preflight.environment));
    co_return;
  }
  const bool same = preflight.environment == wanted;
  preflight.note(
      "environment", same,
      same ? fmt::format("{} is {}", target.name, wanted)
           : fmt::format(
                 "guards.environment asks for {}, and {} {}", wanted, target.name,
                 preflight.environment.empty()
                     ? fmt::format("does not say what it is (annotation {} of its namespace kube-system)",
                                   environment_annotation)
                     : "is " + preflight.environment));
}

Task<> look_at_service(const Cluster& cluster, const Scenario& scenario, Preflight& preflight) {
  const kube::ObjectRef reference(kube::services(), preflight.service.ns, preflight.service.name);
  const kube::ApiResult<kube::Service> service = co_await kube::read_service(*cluster.client, reference);
  judge_service(cluster, scenario, service, preflight);
  const kube::ApiResult<kube::ServiceEndpoints> endpoints =
      co_await kube::read_endpoints(*cluster.client, reference);
  if (endpoints) {
    preflight.ready[cluster.name] = endpoints->local.ready;
  } else {
    preflight.note("endpoints", false, to_string(endpoints.error()));
  }
}

void judge_endpoints(const Scenario& scenario, Preflight& preflight) {
  int elsewhere = 0;
  int healthy = 0;
  const int here = preflight.ready[scenario.target.cluster];
  for (const auto& [cluster, ready] : preflight.ready) {
    if (cluster == scenario.target.cluster) continue;
    elsewhere += ready;
    healthy += ready > 0 ? 1 : 0;
  }
  preflight.note("target", here > 0,
                 fmt::format("{} has {}", scenario.target.cluster,
                             plural(static_cast<std::size_t>(here), "ready endpoint")));
  if (scenario.fault.kind == Fault::Kind::none) return;
  const int floor = scenario.guards.survivors_floor(here);
  preflight.note("survivors", elsewhere >= floor,
                 fmt::format("the other clusters have {}, of {} demanded",
                             plural(static_cast<std::size_t>(elsewhere), "ready endpoint"), floor));
  const int least = scenario.guards.min_healthy_clusters;
  if (least > 1 || healthy < least) {
    preflight.note("survivors", healthy >= least,
                   fmt::format("{} of the other clusters can serve, of {} demanded", healthy, least));
  }
}

void judge_windows(const Guards& guards, std::chrono::system_clock::time_point now, Preflight& preflight) {
  if (guards.windows.empty()) return;
  const auto end = now + std::chrono::duration_cast<std::chrono::system_clock::duration>(guards.deadline);
  std::vector<std::string> texts;
  for (const Window& window : guards.windows) {
    if (window.holds(now, end)) {
      preflight.note("window", true, fmt::format("now is within {} UTC", window.text));
      return;
    }
    texts.push_back(window.text);
  }
  preflight.note("window", false,
                 fmt::format("guards.windows allows drills {} (UTC), and this one may last until {} from now",
                             fmt::join(texts, ", "), format_duration(guards.deadline)));
}

}  // namespace meshdrill::drill
