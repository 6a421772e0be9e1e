#include "lab/controllers/stateful_set_controller.hpp"

#include "lab/controllers/pod_deletion.hpp"
#include "lab/controllers/pod_template.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr std::string_view revision_label = "controller-revision-hash";

std::int64_t wanted_replicas(const Object& set) {
  return std::max<std::int64_t>(0, integer_at(set, {"spec", "replicas"}).value_or(1));
}

std::int64_t first_ordinal(const Object& set) {
  return integer_at(set, {"spec", "ordinals", "start"}).value_or(0);
}

bool ordered(const Object& set) {
  return text_at(set, {"spec", "podManagementPolicy"}) != "Parallel";
}

// The number after the last dash of a Pod's name; nothing when there is none.
std::optional<std::int64_t> ordinal_of(const Object& pod) {
  const std::string_view name = name_of(pod);
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = name.substr(dash + 1);
  std::int64_t ordinal = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return ordinal;
}

bool healthy(const Object& pod) {
  return !being_deleted(pod) && condition_true(pod, "Ready");
}

std::string revision_of_template(const Object& set) {
  return fmt::format("{}-{}", name_of(set),
                     short_hash(boost::json::serialize(fields_at(set, {"spec", "template"}))));
}

}  // namespace

StatefulSetController::StatefulSetController(Executor executor, ObjectStore& store)
    : store_(store),
      queue_(executor, [this](const ObjectKey& key) { reconcile(key); }),
      subscription_(store.subscribe([this](const Change& change) { on_change(change); })) {
  for (const ObjectPtr& set : store_.list("statefulsets")) queue_.add(key_of(*set));
}

void StatefulSetController::on_change(const Change& change) {
  if (change.resource == "statefulsets") {
    queue_.add(key_of(*change.object));
  } else if (change.resource == "pods") {
    const std::string owner = controller_uid(*change.object, "StatefulSet");
    if (owner.empty()) return;
    for (const ObjectPtr& set : store_.list("statefulsets", namespace_of(*change.object))) {
      if (uid_of(*set) == owner) queue_.add(key_of(*set));
    }
  }
}

StatefulSetController::Pods StatefulSetController::pods_of(const Object& set) const {
  Pods pods;
  for (ObjectPtr& pod : owned_pods(store_, set, "StatefulSet")) {
    if (const auto ordinal = ordinal_of(*pod)) pods[*ordinal] = std::move(pod);
  }
  return pods;
}

void StatefulSetController::reconcile(const ObjectKey& key) {
  const ObjectPtr set = store_.get("statefulsets", key.ns, key.name);
  if (!set || being_deleted(*set)) return;
  const std::string revision = revision_of_template(*set);
  // Short-circuit: what comes later waits for what comes before.
  if (create_missing(*set, revision) && remove_surplus(*set)) replace_outdated(*set, revision);
  write_status(key, revision);
}

bool StatefulSetController::create_missing(const Object& set, const std::string& revision) {
  const Pods pods = pods_of(set);
  const std::int64_t first = first_ordinal(set);
  bool complete = true;
  for (std::int64_t ordinal = first; ordinal < first + wanted_replicas(set); ++ordinal) {
    const auto found = pods.find(ordinal);
    if (found != pods.end() && healthy(*found->second)) continue;
    complete = false;
    if (found == pods.end()) {
      Object pod = pod_from_template(set, "StatefulSet");
      const std::string name = fmt::format("{}-{}", name_of(set), ordinal);
      Object& metadata = object_at(pod, {"metadata"});
      metadata["name"] = name;
      Object& labels = object_at(metadata, {"labels"});
      labels[revision_label] = revision;
      labels["statefulset.kubernetes.io/pod-name"] = name;
      labels["apps.kubernetes.io/pod-index"] = std::to_string(ordinal);
      Object& spec = object_at(pod, {"spec"});
      spec["hostname"] = name;
      if (const auto service = text_at(set, {"spec", "serviceName"}); !service.empty())
        spec["subdomain"] = service;
      // A Pod of that name that is somebody else's keeps it; the set waits, as it does in Kubernetes.
      static_cast<void>(store_.create("pods", std::move(pod)));
    }
    if (ordered(set)) return false;
  }
  return complete;
}

bool StatefulSetController::remove_surplus(const Object& set) {
  const Pods pods = pods_of(set);
  const std::int64_t end = first_ordinal(set) + wanted_replicas(set);
  for (auto pod = pods.rbegin(); pod != pods.rend() && pod->first >= end; ++pod) {
    begin_pod_deletion(store_, *pod->second);
    if (ordered(set)) return false;
  }
  return pods.lower_bound(end) == pods.end();
}

void StatefulSetController::replace_outdated(const Object& set, const std::string& revision) {
  if (text_at(set, {"spec", "updateStrategy", "type"}) == "OnDelete") return;
  const std::int64_t partition =
      integer_at(set, {"spec", "updateStrategy", "rollingUpdate", "partition"}).value_or(0);
  const Pods pods = pods_of(set);
  for (auto pod = pods.rbegin(); pod != pods.rend() && pod->first >= partition; ++pod) {
    if (label(*pod->second, revision_label) == revision) continue;
    begin_pod_deletion(store_, *pod->second);
    return;
  }
}

void StatefulSetController::write_status(const ObjectKey& key, const std::string& revision) {
  static_cast<void>(store_.modify("statefulsets", key.ns, key.name, [&](Object& set) {
    std::int64_t replicas = 0;
    std::int64_t ready = 0;
    std::int64_t updated = 0;
    for (const auto& [ordinal, pod] : pods_of(set)) {
      if (!pod_active(*pod)) continue;
      ++replicas;
      ready += condition_true(*pod, "Ready") ? 1 : 0;
      updated += label(*pod, revision_label) == revision ? 1 : 0;
    }
    std::string current{text_at(set, {"status", "currentRevision"})};
    if (current.empty() || updated == replicas) current = revision;
    Object status{{"replicas", replicas},
                  {"availableReplicas", ready},
                  {"collisionCount", 0},
                  {"currentRevision", current},
                  {"updateRevision", revision},
                  {"observedGeneration", integer_at(set, {"metadata", "generation"}).value_or(1)}};
    const auto count = [&status](std::string_view name, std::int64_t value) {
      if (value > 0) status[name] = value;
    };
    count("readyReplicas", ready);
    count("updatedReplicas", updated);
    count("currentReplicas", current == revision ? updated : replicas - updated);
    set["status"] = std::move(status);
  }));
}

}  // namespace meshdrill::lab
