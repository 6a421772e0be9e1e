#include "lab/controllers/replica_set_controller.hpp"

#include "lab/controllers/pod_deletion.hpp"
#include "lab/controllers/pod_template.hpp"

#include <algorithm>

namespace meshdrill::lab {
ReplicaSetController::ReplicaSetController(Executor executor, ObjectStore& store)
    : store_(store),
      queue_(executor, [this](const ObjectKey& key) { reconcile(key); }),
      subscription_(store.subscribe([this](const Change& change) { on_change(change); })) {
  for (const ObjectPtr& set : store_.list("replicasets")) queue_.add(key_of(*set));
}

void ReplicaSetController::on_change(const Change& change) {
  if (change.resource == "replicasets") {
    queue_.add(key_of(*change.object));
  } else if (change.resource == "pods") {
    const std::string owner = controller_uid(*change.object, "ReplicaSet");
    if (owner.empty()) return;
    for (const ObjectPtr& set : store_.list("replicasets", namespace_of(*change.object))) {
      if (uid_of(*set) == owner) queue_.add(key_of(*set));
    }
  }
}

void ReplicaSetController::reconcile(const ObjectKey& key) {
  const ObjectPtr set = store_.get("replicasets", key.ns, key.name);
  if (!set || being_deleted(*set)) return;
  const auto active_pods = [&] {
    std::vector<ObjectPtr> pods = owned_pods(store_, *set, "ReplicaSet");
    std::erase_if(pods, [](const ObjectPtr& pod) { return !pod_active(*pod); });
    return pods;
  };
  const std::vector<ObjectPtr> pods = active_pods();
  const auto wanted =
      static_cast<std::size_t>(std::max<std::int64_t>(0, integer_at(*set, {"spec", "replicas"}).value_or(1)));
  for (std::size_t have = pods.size(); have < wanted; ++have) create_pod(*set);
  if (pods.size() > wanted) delete_pods(pods, pods.size() - wanted);
  write_status(key, active_pods());
}

void ReplicaSetController::create_pod(const Object& set) {
  Object pod = pod_from_template(set, "ReplicaSet");
  object_at(pod, {"metadata"})["generateName"] = std::string(name_of(set)) + "-";
  // A clash of names is tried again on the next change.
  static_cast<void>(store_.create("pods", std::move(pod)));
}

void ReplicaSetController::delete_pods(std::vector<ObjectPtr> pods, std::size_t count) {
  std::ranges::sort(pods, [](const ObjectPtr& left, const ObjectPtr& right) {
    const bool left_ready = condition_true(*left, "Ready");
    const bool right_ready = condition_true(*right, "Ready");
    if (left_ready != right_ready) return right_ready;
    const auto left_created = text_at(*left, {"metadata", "creationTimestamp"});
    const auto right_created = text_at(*right, {"metadata", "creationTimestamp"});
    return left_created != right_created ? left_created > right_created : name_of(*left) < name_of(*right);
  });
  for (std::size_t i = 0; i < count; ++i) begin_pod_deletion(store_, *pods[i]);
}

void ReplicaSetController::write_status(const ObjectKey& key, const std::vector<ObjectPtr>& pods) {
  const auto count = static_cast<std::int64_t>(pods.size());  // JSON numbers are signed in the store
  const std::int64_t ready =
      std::ranges::count_if(pods, [](const ObjectPtr& pod) { return condition_true(*pod, "Ready"); });
  static_cast<void>(store_.modify("replicasets", key.ns, key.name, [&](Object& set) {
    Object status{{"replicas", count}};
    if (count > 0) status["fullyLabeledReplicas"] = count;
    if (ready > 0) {
      status["readyReplicas"] = ready;
      status["availableReplicas"] = ready;
    }
    status["observedGeneration"] = integer_at(set, {"metadata", "generation"}).value_or(1);
    set["status"] = std::move(status);
  }));
}

}  // namespace meshdrill::lab
