#include "drill/preflight/preflight.hpp"

#include "drill/preflight/preflight_parts.hpp"
#include "drill/preflight/targets.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

const Cluster* target_of(const std::vector<Cluster>& clusters, const Scenario& scenario) {
  const auto found = std::find_if(clusters.begin(), clusters.end(), [&](const Cluster& cluster) {
    return cluster.name == scenario.target.cluster;
  });
  return found == clusters.end() ? nullptr : &*found;
}

// What the fault leaves of the Service's endpoints: those that no change takes away.
int left_ready(const Preflight& preflight, const Scenario& scenario) {
  if (scenario.fault.kind != Fault::Kind::scale) return 0;
  const auto ready = preflight.ready.find(scenario.target.cluster);
  int left = ready == preflight.ready.end() ? 0 : ready->second;
  for (const Change& change : preflight.changes) left -= change.replicas - change.to_replicas;
  return std::max(left, 0);
}

}  // namespace

bool Preflight::ok() const {
  return std::all_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.ok; });
}

void Preflight::note(std::string check, bool ok, std::string message) {
  findings.push_back({std::move(check), ok, std::move(message)});
}

void Preflight::warn(std::string check, std::string message) {
  findings.push_back({std::move(check), true, std::move(message), true});
}

Task<Preflight> run_preflight(const std::vector<Cluster>& clusters, const Scenario& scenario,
                              const mesh::Mesh& mesh) {
  Preflight preflight;
  preflight.service = scenario.target.service;
  const Cluster* target = target_of(clusters, scenario);
  if (target == nullptr) {
    preflight.note("target", false, fmt::format("the mesh has no cluster {}", scenario.target.cluster));
    co_return preflight;
  }
  for (const Cluster& cluster : clusters) {
    co_await look_at_identity(cluster, preflight);
  }
  // A cluster that does not answer would only say so again at every further question.
  if (!preflight.ok()) co_return preflight;
  if (scenario.fault.kind != Fault::Kind::none) {
    for (const Cluster& cluster : clusters) {
      co_await look_at_lock(cluster, preflight);
    }
  }
  co_await look_at_environment(*target, scenario, preflight);
  judge_windows(scenario.guards, std::chrono::system_clock::now(), preflight);
  Targets targets = co_await find_targets(*target, scenario, mesh);
  std::move(targets.findings.begin(), targets.findings.end(), std::back_inserter(preflight.findings));
  preflight.service = targets.service;
  preflight.changes = std::move(targets.changes);
  if (!preflight.service.name.empty()) {
    for (const Cluster& cluster : clusters) {
      co_await look_at_service(cluster, scenario, preflight);
    }
    judge_endpoints(scenario, preflight);
  }
  preflight.left_ready = left_ready(preflight, scenario);
  co_await look_at_owners(*target, scenario, targets.workloads, preflight);
  for (const Cluster& cluster : clusters) {
    co_await look_at_access(cluster, scenario, preflight);
  }
  if (preflight.ok()) {
    co_await try_writes(*target, preflight);
  }
  co_return preflight;
}

}  // namespace meshdrill::drill
