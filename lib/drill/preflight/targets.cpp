#include "drill/preflight/targets.hpp"

#include "base/text.hpp"
#include "drill/preflight/target_lookup.hpp"
#include "kube/json_fields.hpp"
#include "kube/pods.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

constexpr const char* shared_annotation = "service.cilium.io/shared";
// A node selector that no node has takes a DaemonSet's Pods away.
constexpr const char* away_label = "meshdrill.io/away";

ObjectKind object_kind(kube::WorkloadKind kind) {
  switch (kind) {
    case kube::WorkloadKind::deployment:
      return ObjectKind::deployment;
    case kube::WorkloadKind::stateful_set:
      return ObjectKind::stateful_set;
    case kube::WorkloadKind::daemon_set:
      break;
  }
  return ObjectKind::daemon_set;
}

Change change_of(const kube::Workload& workload, ChangeKind kind) {
  Change change;
  change.kind = kind;
  change.object_kind = object_kind(workload.kind);
  change.object = {workload.namespace_name, workload.name};
  change.uid = workload.uid;
  change.replicas = workload.replicas;
  change.to_replicas = workload.replicas;
  return change;
}

void add_owners(Change& change, const boost::json::array& managed_fields) {
  change.owners = owners_of(managed_fields, field_path(change));
}

class Finder {
 public:
  Finder(const Cluster& target, const Scenario& scenario, const mesh::Mesh& mesh)
      : target_(target), scenario_(scenario), mesh_(mesh) {
    found_.service = scenario.target.service;
  }

  Task<Targets> run() {
    switch (scenario_.fault.kind) {
      case Fault::Kind::none:
        co_return std::move(found_);
      case Fault::Kind::unshare:
        co_await unshare();
        co_return std::move(found_);
      case Fault::Kind::ingress_controller:
      case Fault::Kind::control_plane:
        co_await take_away_infrastructure();
        break;
      case Fault::Kind::scale:
        co_await choose_workloads();
        scale();
        break;
      case Fault::Kind::delete_pods:
        co_await choose_workloads();
        co_await choose_pods();
        break;
    }
    judge_state();
    co_return std::move(found_);
  }

 private:
  void note(const char* check, bool ok, std::string message) {
    found_.findings.push_back({check, ok, std::move(message)});
  }

  Task<> choose_workloads() {
    Result<WorkloadChoice> choice = co_await look_up_workloads(*target_.client, scenario_.target);
    if (!choice) {
      note("workloads", false, choice.error().message);
      co_return;
    }
    found_.service = choice->service;
    found_.workloads = std::move(choice->workloads);
    for (std::string& problem : choice->problems) note("workloads", false, std::move(problem));
    for (std::string& remark : choice->remarks)
      found_.findings.push_back({"workloads", true, std::move(remark), true});
    if (found_.workloads.empty()) {
      note("workloads", false,
           fmt::format("{} has no workload with replicas that the drill could take away", target_.name));
    }
  }

  void scale() {
    for (const kube::Workload& workload : found_.workloads) {
      Change change = change_of(workload, ChangeKind::replicas);
      change.to_replicas = scenario_.fault.amount.of(workload.replicas);
      if (workload.kind == kube::WorkloadKind::daemon_set) {
        note("workloads", false,
             fmt::format(
                 "{} has one Pod a node and no replicas: it cannot be scaled, and its Pods would go on "
                 "answering",
                 name_of(change)));
        continue;
      }
      if (change.to_replicas == change.replicas) continue;
      add_owners(change, workload.managed_fields);
      found_.changes.push_back(std::move(change));
    }
    if (found_.changes.empty() && !found_.workloads.empty())
      note("workloads", false,
           fmt::format("scaling to {} would take no replica away", to_string(scenario_.fault.amount)));
  }

  Task<> choose_pods() {
    for (const kube::Workload& workload : found_.workloads) {
      const kube::ApiResult<std::vector<kube::Pod>> pods =
          co_await kube::list_pods(*target_.client, workload.namespace_name, std::string());
      if (!pods) {
        note("workloads", false, to_string(pods.error()));
        co_return;
      }
      Change change = change_of(workload, ChangeKind::pods);
      const int wanted = scenario_.fault.amount.of(workload.replicas);
      for (const kube::Pod& pod : *pods) {
        if (static_cast<int>(change.pods.size()) == wanted) break;
        if (workload.selector.matches(pod.labels) && pod.ready && !pod.deleting)
          change.pods.push_back({pod.name, pod.uid});
      }
      if (!change.pods.empty()) found_.changes.push_back(std::move(change));
    }
    if (found_.changes.empty() && !found_.workloads.empty())
      note("workloads", false, "there is no ready Pod to delete");
  }

  Task<> take_away_infrastructure() {
    Result<std::vector<kube::Workload>> found =
        co_await look_up_infrastructure(*target_.client, scenario_.fault, mesh_);
    if (!found) {
      note("workloads", false, fmt::format("{}: {}", target_.name, found.error().message));
      co_return;
    }
    found_.workloads = std::move(*found);
    for (const kube::Workload& workload : found_.workloads) {
      const bool daemon_set = workload.kind == kube::WorkloadKind::daemon_set;
      Change change = change_of(workload, daemon_set ? ChangeKind::field : ChangeKind::replicas);
      change.to_replicas = 0;
      if (daemon_set) {
        change.path = {"spec", "template", "spec", "nodeSelector", away_label};
        change.to_value = "true";
      }
      add_owners(change, workload.managed_fields);
      found_.changes.push_back(std::move(change));
    }
  }

  Task<> unshare() {
    const kube::ObjectRef reference(kube::services(), found_.service.ns, found_.service.name);
    kube::Request request;
    request.path = kube::object_path(reference);
    const kube::ApiResult<boost::json::value> object = co_await target_.client->request(std::move(request));
    if (!object) {
      note("workloads", false, to_string(object.error()));
      co_return;
    }
    const kube::Service service = kube::parse_service(*object);
    Change change;
    change.kind = ChangeKind::field;
    change.object_kind = ObjectKind::service;
    change.object = found_.service;
    change.uid = service.uid;
    change.path = {"metadata", "annotations", shared_annotation};
    if (const auto value = service.annotations.find(shared_annotation); value != service.annotations.end())
      change.value = value->second;
    change.to_value = "false";
    add_owners(change, kube::array_field(*object, "/metadata/managedFields"));
    opted_in(change, service.annotations);
    const bool shared = change.value != change.to_value;
    note("workloads", shared,
         fmt::format("{} in {} {}", name_of(change), target_.name,
                     shared ? "is shared with the other clusters" : "is not shared as it is"));
    found_.changes.push_back(std::move(change));
  }

  void opted_in(const Change& change, const kube::Labels& annotations) {
    if (!scenario_.guards.require_opt_in) return;
    const auto found = annotations.find(opt_in_annotation);
    const bool allowed = found != annotations.end() && found->second == "allowed";
    note("opt-in", allowed,
         allowed
             ? name_of(change) + " allows drills"
             : fmt::format(
                   "{} does not allow drills: guards.requireOptIn asks for the annotation {}: \"allowed\"",
                   name_of(change), opt_in_annotation));
  }

  // What is wrong or big already must not be drilled.
  void judge_state() {
    for (const kube::Workload& workload : found_.workloads) {
      const Change change = change_of(workload, ChangeKind::replicas);
      opted_in(change, workload.annotations);
      if (workload.rolled_out()) continue;
      note("workloads", false,
           fmt::format("{} in {} is not fully rolled out: {} of {} replicas are ready", name_of(change),
                       target_.name, workload.ready_replicas, workload.replicas));
    }
    const auto count = found_.changes.size();
    if (count > static_cast<std::size_t>(scenario_.guards.max_workloads)) {
      note("workloads", false,
           fmt::format("{} would be changed, more than guards.maxWorkloads ({})", plural(count, "workload"),
                       scenario_.guards.max_workloads));
    }
    std::vector<std::string> names;
    for (const Change& change : found_.changes) {
      names.push_back(fmt::format("{} ({})", name_of(change),
                                  plural(static_cast<std::size_t>(change.replicas), "replica")));
    }
    if (!names.empty())
      note("workloads", true,
           fmt::format("what the fault is about in {}: {}", target_.name, join_words(names)));
  }

  const Cluster& target_;
  const Scenario& scenario_;
  const mesh::Mesh& mesh_;
  Targets found_;
};

}  // namespace

Task<Targets> find_targets(const Cluster& target, const Scenario& scenario, const mesh::Mesh& mesh) {
  Finder finder(target, scenario, mesh);
  co_return co_await finder.run();
}

}  // namespace meshdrill::drill
