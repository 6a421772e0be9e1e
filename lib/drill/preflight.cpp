#include "drill/preflight.hpp"

#include "base/text.hpp"
#include "drill/change_write.hpp"
#include "drill/record.hpp"
#include "kube/access.hpp"
#include "kube/endpoints.hpp"
#include "kube/identity.hpp"
#include "kube/workloads.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

constexpr const char* global_annotation = "service.cilium.io/global";

kube::ObjectRef service_reference(const Scenario& scenario) {
  return {kube::services(), scenario.target.service.ns, scenario.target.service.name};
}

const Cluster* target_of(const std::vector<Cluster>& clusters, const Scenario& scenario) {
  const auto found = std::find_if(clusters.begin(), clusters.end(), [&](const Cluster& cluster) {
    return cluster.name == scenario.target.cluster;
  });
  return found == clusters.end() ? nullptr : &*found;
}

bool is_true(const kube::Labels& annotations, const std::string& key) {
  const auto found = annotations.find(key);
  if (found == annotations.end()) return false;
  std::string value = found->second;
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value == "true";
}

// Which cluster it really is: two contexts of one cluster would make the survivor and the target the same.
Task<> look_at_identity(const Cluster& cluster, Preflight& preflight) {
  const kube::ApiResult<std::string> uid = co_await kube::cluster_uid(*cluster.client);
  Finding finding{"identity", uid.has_value(), {}};
  if (!uid) {
    finding.message = to_string(uid.error());
  } else {
    for (const auto& [other, known] : preflight.uids) {
      if (known != *uid) continue;
      finding.ok = false;
      finding.message =
          fmt::format("{} and {} are one and the same cluster: check their contexts", other, cluster.name);
    }
    preflight.uids[cluster.name] = *uid;
    if (finding.ok) finding.message = fmt::format("{} answers as {}", cluster.name, cluster.context);
  }
  preflight.findings.push_back(std::move(finding));
}

Finding judge_service(const Cluster& cluster, const Scenario& scenario,
                      const kube::ApiResult<kube::Service>& service) {
  const std::string name = fmt::format("Service {} in {}", to_string(scenario.target.service), cluster.name);
  if (!service) {
    return {"service", false,
            service.error().not_found() ? name + " does not exist" : to_string(service.error())};
  }
  if (!is_true(service->annotations, global_annotation)) {
    return {"service", false,
            fmt::format("{} is not global: without {}: \"true\" no traffic moves to another cluster when its "
                        "Pods are gone",
                        name, global_annotation)};
  }
  return {"service", true, name + " is global"};
}

Task<> look_at_service(const Cluster& cluster, const Scenario& scenario, Preflight& preflight) {
  const kube::ObjectRef reference = service_reference(scenario);
  const kube::ApiResult<kube::Service> service = co_await kube::read_service(*cluster.client, reference);
  preflight.findings.push_back(judge_service(cluster, scenario, service));
  const kube::ApiResult<kube::ServiceEndpoints> endpoints =
      co_await kube::read_endpoints(*cluster.client, reference);
  if (endpoints) {
    preflight.ready[cluster.name] = endpoints->local.ready;
  } else {
    preflight.findings.push_back({"endpoints", false, to_string(endpoints.error())});
  }
}

void judge_endpoints(const Scenario& scenario, Preflight& preflight) {
  int elsewhere = 0;
  for (const auto& [cluster, ready] : preflight.ready)
    elsewhere += cluster == scenario.target.cluster ? 0 : ready;
  const int here = preflight.ready[scenario.target.cluster];
  preflight.findings.push_back({"survivors", elsewhere >= scenario.guards.min_ready_elsewhere,
                                fmt::format("the other clusters have {}, of {} demanded",
                                            plural(static_cast<std::size_t>(elsewhere), "ready endpoint"),
                                            scenario.guards.min_ready_elsewhere)});
  preflight.findings.push_back({"target", here > 0,
                                fmt::format("{} has {}", scenario.target.cluster,
                                            plural(static_cast<std::size_t>(here), "ready endpoint"))});
}

Task<> find_workloads(const Cluster& target, const Scenario& scenario, Preflight& preflight) {
  const kube::ApiResult<kube::Service> service =
      co_await kube::read_service(*target.client, service_reference(scenario));
  if (!service) co_return;  // reported already
  const kube::ApiResult<std::vector<kube::Deployment>> deployments =
      co_await kube::deployments_behind(*target.client, *service);
  if (!deployments) {
    preflight.findings.push_back({"workloads", false, to_string(deployments.error())});
    co_return;
  }
  for (const kube::Deployment& deployment : *deployments) {
    if (deployment.replicas == 0) continue;  // nothing to take away, and nothing to put back
    Change change =
        scale_to_zero({deployment.namespace_name, deployment.name}, deployment.uid, deployment.replicas);
    change.owners = owners_of(deployment.managed_fields, field_path(change));
    preflight.changes.push_back(std::move(change));
    if (!deployment.rolled_out()) {
      preflight.findings.push_back(
          {"workloads", false,
           fmt::format("deployment {}/{} in {} is not fully rolled out: {} of {} replicas are ready",
                       deployment.namespace_name, deployment.name, target.name, deployment.ready_replicas,
                       deployment.replicas)});
    }
  }
  std::vector<std::string> names;
  for (const Change& change : preflight.changes) {
    names.push_back(fmt::format("{} ({})", name_of(change),
                                plural(static_cast<std::size_t>(change.replicas), "replica")));
  }
  preflight.findings.push_back(
      {"workloads", !names.empty(),
       names.empty() ? fmt::format("no Deployment with replicas is behind Service {} in {}",
                                   to_string(scenario.target.service), target.name)
                     : fmt::format("behind the Service in {}: {}", target.name, join_words(names))});
}

// Why `question` is not answered with yes; empty when it is.
std::string refusal(const Cluster& cluster, const kube::AccessQuestion& question,
                    const kube::ApiResult<kube::AccessAnswer>& answer) {
  if (!answer) return to_string(answer.error());
  if (answer->allowed) return {};
  const std::string why = printable(answer->reason + answer->evaluation_error);
  return fmt::format("{}: may not {}{}{}", cluster.name, to_string(question), why.empty() ? "" : ": ", why);
}

// One finding for each thing that is not allowed; one for all when everything is.
Task<> look_at_access(const Cluster& cluster, std::vector<kube::AccessQuestion> questions,
                      Preflight& preflight) {
  bool allowed = true;
  for (const kube::AccessQuestion& question : questions) {
    const kube::ApiResult<kube::AccessAnswer> answer = co_await kube::ask_access(*cluster.client, question);
    std::string problem = refusal(cluster, question, answer);
    if (problem.empty()) continue;
    allowed = false;
    preflight.findings.push_back({"access", false, std::move(problem)});
  }
  if (!allowed) co_return;
  preflight.findings.push_back({"access", true,
                                fmt::format("{}: all {} that the drill and its restore need", cluster.name,
                                            plural(questions.size(), "permission"))});
}

// The right to restore is asked for with the right to break, before either is used.
std::vector<kube::AccessQuestion> questions(const Cluster& cluster, const Scenario& scenario) {
  std::vector<kube::AccessQuestion> asked;
  for (const char* verb : {"get", "create", "update"}) {
    asked.push_back({verb, "coordination.k8s.io", "leases", "", lease_namespace, ""});
  }
  const std::string& ns = scenario.target.service.ns;
  for (const char* verb : {"list", "watch"}) {
    asked.push_back({verb, "discovery.k8s.io", "endpointslices", "", ns, ""});
    if (cluster.name == scenario.target.cluster) asked.push_back({verb, "apps", "deployments", "", ns, ""});
  }
  if (cluster.name != scenario.target.cluster) return asked;
  for (const char* verb : {"get", "update"}) {
    asked.push_back({verb, "apps", "deployments", "scale", ns, ""});
  }
  return asked;
}

// Admission has a say as well: both values are tried without effect.
Task<> try_writes(const Cluster& target, Preflight& preflight) {
  for (const Change& change : preflight.changes) {
    const std::string problem = co_await try_change(*target.client, change);
    preflight.findings.push_back({"dry-run", problem.empty(),
                                  problem.empty()
                                      ? fmt::format("{}, and back {}, would be admitted",
                                                    describe_fault(change), describe_restore(change))
                                      : problem});
  }
}

}  // namespace

bool Preflight::ok() const {
  return std::all_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.ok; });
}

Task<Preflight> run_preflight(const std::vector<Cluster>& clusters, const Scenario& scenario) {
  Preflight preflight;
  const Cluster* target = target_of(clusters, scenario);
  if (target == nullptr) {
    preflight.findings.push_back(
        {"target", false, fmt::format("the mesh has no cluster {}", scenario.target.cluster)});
    co_return preflight;
  }
  for (const Cluster& cluster : clusters) {
    co_await look_at_identity(cluster, preflight);
  }
  // A cluster that does not answer would only say so again at every further question.
  if (!preflight.ok()) co_return preflight;
  for (const Cluster& cluster : clusters) {
    co_await look_at_service(cluster, scenario, preflight);
  }
  judge_endpoints(scenario, preflight);
  co_await find_workloads(*target, scenario, preflight);
  for (const Cluster& cluster : clusters) {
    co_await look_at_access(cluster, questions(cluster, scenario), preflight);
  }
  if (preflight.ok()) {
    co_await try_writes(*target, preflight);
  }
  co_return preflight;
}

}  // namespace meshdrill::drill
