#include "drill/plan/plan.hpp"

#include "base/text.hpp"
#include "drill/safety/record.hpp"
#include "kube/access.hpp"
#include "kube/json_fields.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;

// Asks the API under which name it knows us; releases before 1.28 cannot say.
Task<std::string> who_am_i(const Cluster& cluster) {
  kube::Request request;
  request.method = kube::Method::post;
  request.path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  request.body = json::object{{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "SelfSubjectReview"}};
  request.changes_nothing = true;
  const kube::ApiResult<json::value> answer = co_await cluster.client->request(std::move(request));
  if (!answer) co_return std::string{};
  co_return printable(kube::text_field(*answer, "/status/userInfo/username"));
}

kube::AccessQuestion right_of(const Change& change) {
  const kube::ResourceType type =
      change.kind == ChangeKind::pods ? kube::pods() : resource_type(change.object_kind);
  kube::AccessQuestion question{"patch", type.group, type.plural, "", change.object.ns, ""};
  if (change.kind == ChangeKind::pods) question.verb = "delete";
  if (change.kind == ChangeKind::replicas) {
    question.verb = "update";
    question.subresource = "scale";
  }
  return question;
}

class Planner {
 public:
  Planner(const std::vector<Cluster>& clusters, const Scenario& scenario, Plan& plan)
      : clusters_(clusters), scenario_(scenario), plan_(plan) {}

  Task<> add_writes() {
    if (scenario_.fault.kind == Fault::Kind::none) co_return;
    for (const Cluster& cluster : clusters_) {
      co_await add(cluster, lease_right("update"), "preflight",
                   "take the lock, and renew it every 2s until the end", std::string());
    }
    const Cluster& target = *std::find_if(clusters_.begin(), clusters_.end(), [&](const Cluster& cluster) {
      return cluster.name == plan_.cluster;
    });
    co_await add(target, lease_right("update"), "fail", "write down what is to be put back", std::string());
    for (const Change& change : plan_.preflight.changes) {
      co_await add(target, right_of(change), "fail", describe_fault(change),
                   fault_command(target.context, change));
    }
    co_await add_events(target, "fail");
    for (const Change& change : plan_.preflight.changes) {
      const bool written = change.kind != ChangeKind::pods;
      if (written) {
        co_await add(target, right_of(change), "restore", describe_restore(change),
                     restore_command(target.context, change));
      }
      plan_.restore_commands.push_back(restore_command(target.context, change));
    }
    co_await add_hand_back(target);
    co_await add_events(target, "restore");
    for (const Cluster& cluster : clusters_) {
      co_await add(cluster, lease_right("update"), "recovered", "give the lock back", std::string());
    }
  }

 private:
  // Notices for whoever is on call; the drill goes on without them.
  Task<> add_events(const Cluster& target, std::string phase) {
    const std::string ns =
        plan_.preflight.changes.empty() ? std::string() : plan_.preflight.changes.front().object.ns;
    const kube::ResourceType events = kube::events();
    kube::AccessQuestion right{"create", events.group, events.plural, "", ns, ""};
    co_await add(target, right, std::move(phase), "post an Event on each changed object (best effort)",
                 std::string());
  }

  Task<> add_hand_back(const Cluster& target) {
    if (scenario_.ownership != Ownership::hand_back) co_return;
    for (const Change& change : plan_.preflight.changes) {
      if (change.kind == ChangeKind::pods) continue;
      const kube::ResourceType type = resource_type(change.object_kind);
      kube::AccessQuestion right{"patch", type.group, type.plural, "", change.object.ns, ""};
      std::string what =
          name_of(change) + ": give the field back to its owners, if they changed (else reported)";
      co_await add(target, right, "restore", std::move(what), std::string());
    }
  }

  static kube::AccessQuestion lease_right(std::string verb) {
    return {std::move(verb), "coordination.k8s.io", "leases", "", lease_namespace, ""};
  }

  Task<> add(const Cluster& cluster, kube::AccessQuestion right, std::string phase, std::string what,
             std::string command) {
    PlannedWrite write;
    write.cluster = cluster.name;
    write.phase = std::move(phase);
    write.what = std::move(what);
    write.right = to_string(right);
    write.command = std::move(command);
    const std::string key = cluster.name + " " + write.right;
    if (!answers_.contains(key)) {
      const kube::ApiResult<kube::AccessAnswer> answer = co_await kube::ask_access(*cluster.client, right);
      answers_[key] = answer && answer->allowed;
    }
    write.allowed = answers_.at(key);
    plan_.writes.push_back(std::move(write));
  }

  const std::vector<Cluster>& clusters_;
  const Scenario& scenario_;
  Plan& plan_;
  std::map<std::string, bool> answers_;  // by cluster and right
};

}  // namespace

Task<Plan> make_plan(const std::vector<Cluster>& clusters, const Scenario& scenario, const mesh::Mesh& mesh) {
  Plan plan;
  plan.cluster = scenario.target.cluster;
  plan.preflight = co_await run_preflight(clusters, scenario, mesh);
  if (plan.preflight.uids.size() < clusters.size()) co_return plan;  // not all of them answer
  const auto target = std::find_if(clusters.begin(), clusters.end(),
                                   [&](const Cluster& cluster) { return cluster.name == plan.cluster; });
  if (target == clusters.end()) co_return plan;
  plan.user = co_await who_am_i(*target);
  Planner planner(clusters, scenario, plan);
  co_await planner.add_writes();
  co_return plan;
}

}  // namespace meshdrill::drill
