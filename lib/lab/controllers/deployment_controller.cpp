#include "lab/controllers/deployment_controller.hpp"

#include "lab/controllers/deployment_status.hpp"
#include "lab/controllers/pod_template.hpp"
#include "lab/controllers/rolling_update.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

constexpr std::string_view hash_label = "pod-template-hash";
constexpr std::string_view revision_annotation = "deployment.kubernetes.io/revision";

// The Pod template of a Deployment or a ReplicaSet without what may differ between the two: the label that
// sets a ReplicaSet apart, and the empty fields that `kubectl rollout undo` writes.
Object plain_template(const Object& object) {
  Object copy = fields_at(object, {"spec", "template"});
  Object& metadata = object_at(copy, {"metadata"});
  object_at(metadata, {"labels"}).erase(hash_label);
  metadata.erase("creationTimestamp");
  for (const std::string_view field : {"annotations", "labels"}) {
    if (fields_at(metadata, {field}).empty()) metadata.erase(field);
  }
  return copy;
}

std::int64_t revision(const Object& set) {
  return static_cast<std::int64_t>(parse_number(annotation(set, revision_annotation)).value_or(0));
}

SetReplicas replicas_of(const Object& set) {
  return {integer_at(set, {"spec", "replicas"}).value_or(1),
          integer_at(set, {"status", "replicas"}).value_or(0),
          integer_at(set, {"status", "availableReplicas"}).value_or(0)};
}

}  // namespace

DeploymentController::DeploymentController(Executor executor, ObjectStore& store)
    : store_(store),
      queue_(executor, [this](const ObjectKey& key) { reconcile(key); }),
      subscription_(store.subscribe([this](const Change& change) { on_change(change); })) {
  for (const ObjectPtr& deployment : store_.list("deployments")) queue_.add(key_of(*deployment));
}

void DeploymentController::on_change(const Change& change) {
  if (change.resource == "deployments") {
    queue_.add(key_of(*change.object));
  } else if (change.resource == "replicasets") {
    const std::string owner = controller_uid(*change.object, "Deployment");
    for (const ObjectPtr& deployment : store_.list("deployments", namespace_of(*change.object))) {
      if (uid_of(*deployment) == owner) queue_.add(key_of(*deployment));
    }
  }
}

std::vector<ObjectPtr> DeploymentController::owned_sets(const Object& deployment) const {
  std::vector<ObjectPtr> sets;
  for (ObjectPtr& set : store_.list("replicasets", namespace_of(deployment))) {
    if (controller_uid(*set, "Deployment") == uid_of(deployment)) sets.push_back(std::move(set));
  }
  std::ranges::sort(sets, {}, [](const ObjectPtr& set) { return revision(*set); });
  return sets;
}

void DeploymentController::reconcile(const ObjectKey& key) {
  const ObjectPtr deployment = store_.get("deployments", key.ns, key.name);
  if (!deployment || being_deleted(*deployment)) return;
  std::vector<ObjectPtr> sets = owned_sets(*deployment);
  const Object wanted = plain_template(*deployment);
  const auto current =
      std::ranges::find_if(sets, [&](const ObjectPtr& set) { return plain_template(*set) == wanted; });
  ObjectPtr newest;
  if (current != sets.end()) {
    newest = *current;
    sets.erase(current);
  } else {
    newest = create_set(*deployment, sets);
    if (!newest) return;
  }
  // Going back to an earlier template makes its ReplicaSet the newest revision again.
  const std::int64_t last = sets.empty() ? 0 : revision(*sets.back());
  if (revision(*newest) <= last) {
    const auto raised = store_.modify("replicasets", key.ns, name_of(*newest), [&](Object& set) {
      object_at(set, {"metadata", "annotations"})[revision_annotation] = std::to_string(last + 1);
    });
    if (raised) newest = *raised;
  }
  roll(*deployment, *newest, sets);
  remove_history(*deployment, sets);
  sets.push_back(newest);
  write_status(key, *newest, sets);
}

ObjectPtr DeploymentController::create_set(const Object& deployment, const std::vector<ObjectPtr>& existing) {
  const Object& pod_template = fields_at(deployment, {"spec", "template"});
  std::string hash = short_hash(json::serialize(pod_template));
  const std::string name{name_of(deployment)};
  while (store_.get("replicasets", namespace_of(deployment), fmt::format("{}-{}", name, hash)))
    hash = short_hash(hash);

  Object set{{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}};
  Object& metadata = object_at(set, {"metadata"});
  metadata["name"] = name + "-" + hash;
  metadata["namespace"] = namespace_of(deployment);
  metadata["labels"] = fields_at(pod_template, {"metadata", "labels"});
  object_at(metadata, {"labels"})[hash_label] = hash;
  metadata["annotations"] =
      Object{{revision_annotation, std::to_string(existing.empty() ? 1 : revision(*existing.back()) + 1)}};
  metadata["ownerReferences"] = json::array{controller_reference(deployment, "apps/v1", "Deployment")};
  Object& spec = object_at(set, {"spec"});
  spec["replicas"] = 0;
  spec["selector"] = fields_at(deployment, {"spec", "selector"});
  object_at(spec, {"selector", "matchLabels"})[hash_label] = hash;
  spec["template"] = pod_template;
  object_at(spec, {"template", "metadata", "labels"})[hash_label] = hash;
  set["status"] = Object{{"replicas", 0}};
  auto created = store_.create("replicasets", std::move(set));
  return created ? *created : nullptr;
}

void DeploymentController::scale_set(const Object& set, std::int64_t replicas) {
  if (integer_at(set, {"spec", "replicas"}).value_or(1) == replicas) return;
  // A set that is gone meanwhile needs no scaling; its deletion brings the Deployment back into the queue.
  static_cast<void>(store_.modify("replicasets", namespace_of(set), name_of(set), [&](Object& changed) {
    object_at(changed, {"spec"})["replicas"] = replicas;
  }));
}

void DeploymentController::roll(const Object& deployment, const Object& newest,
                                const std::vector<ObjectPtr>& older) {
  const std::int64_t replicas = integer_at(deployment, {"spec", "replicas"}).value_or(1);
  std::vector<SetReplicas> older_replicas;
  for (const ObjectPtr& set : older) older_replicas.push_back(replicas_of(*set));
  const RolloutStep step =
      next_step(replicas, read_strategy(deployment, replicas), replicas_of(newest), older_replicas);
  scale_set(newest, step.newest);
  for (std::size_t i = 0; i < older.size(); ++i) scale_set(*older[i], step.older[i]);
}

void DeploymentController::remove_history(const Object& deployment, const std::vector<ObjectPtr>& older) {
  const std::int64_t limit = integer_at(deployment, {"spec", "revisionHistoryLimit"}).value_or(10);
  std::int64_t surplus = static_cast<std::int64_t>(older.size()) - limit;
  for (const ObjectPtr& set : older) {
    if (surplus-- <= 0) return;
    const SetReplicas replicas = replicas_of(*set);
    if (replicas.wanted == 0 && replicas.existing == 0) {
      static_cast<void>(store_.remove("replicasets", namespace_of(*set), name_of(*set)));
    }
  }
}

void DeploymentController::write_status(const ObjectKey& key, const Object& newest,
                                        const std::vector<ObjectPtr>& all) {
  static_cast<void>(store_.modify("deployments", key.ns, key.name, [&](Object& deployment) {
    object_at(deployment, {"metadata", "annotations"})[revision_annotation] =
        annotation(newest, revision_annotation);
    deployment["status"] = deployment_status(deployment, newest, all);
  }));
}

}  // namespace meshdrill::lab
