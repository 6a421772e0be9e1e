#include "lab/controllers/daemon_set_controller.hpp"

#include "lab/controllers/pod_deletion.hpp"
#include "lab/controllers/pod_template.hpp"

#include <algorithm>
#include <map>

#include <boost/json/serialize.hpp>

namespace meshdrill::lab {
namespace {

constexpr std::string_view revision_label = "controller-revision-hash";

}  // namespace

DaemonSetController::DaemonSetController(Executor executor, ObjectStore& store)
    : store_(store),
      queue_(executor, [this](const ObjectKey& key) { reconcile(key); }),
      subscription_(store.subscribe([this](const Change& change) { on_change(change); })) {
  for (const ObjectPtr& set : store_.list("daemonsets")) queue_.add(key_of(*set));
}

void DaemonSetController::on_change(const Change& change) {
  if (change.resource == "daemonsets") {
    queue_.add(key_of(*change.object));
  } else if (change.resource == "nodes") {
    for (const ObjectPtr& set : store_.list("daemonsets")) queue_.add(key_of(*set));
  } else if (change.resource == "pods") {
    const std::string owner = controller_uid(*change.object, "DaemonSet");
    if (owner.empty()) return;
    for (const ObjectPtr& set : store_.list("daemonsets", namespace_of(*change.object))) {
      if (uid_of(*set) == owner) queue_.add(key_of(*set));
    }
  }
}

std::vector<std::string> DaemonSetController::fitting_nodes(const Object& set) const {
  const Object& selector = fields_at(set, {"spec", "template", "spec", "nodeSelector"});
  std::vector<std::string> nodes;
  for (const ObjectPtr& node : store_.list("nodes")) {
    if (selector.empty() || matches_labels(selector, fields_at(*node, {"metadata", "labels"})))
      nodes.emplace_back(name_of(*node));
  }
  return nodes;
}

void DaemonSetController::reconcile(const ObjectKey& key) {
  const ObjectPtr set = store_.get("daemonsets", key.ns, key.name);
  if (!set || being_deleted(*set)) return;
  const std::string revision = short_hash(boost::json::serialize(fields_at(*set, {"spec", "template"})));
  const std::vector<std::string> nodes = fitting_nodes(*set);
  std::map<std::string, ObjectPtr> by_node;
  const bool by_hand = text_at(*set, {"spec", "updateStrategy", "type"}) == "OnDelete";
  ObjectPtr outdated;
  bool all_ready = true;
  for (const ObjectPtr& pod : owned_pods(store_, *set, "DaemonSet")) {
    const std::string node{text_at(*pod, {"spec", "nodeName"})};
    if (std::ranges::find(nodes, node) == nodes.end()) begin_pod_deletion(store_, *pod);
    by_node[node] = pod;
    const bool ready = !being_deleted(*pod) && condition_true(*pod, "Ready");
    all_ready = all_ready && ready;
    if (by_hand || label(*pod, revision_label) == revision) continue;
    // One that does not serve anyway is replaced without waiting for the others.
    if (ready) {
      outdated = pod;
    } else if (!being_deleted(*pod)) {
      begin_pod_deletion(store_, *pod);
    }
  }
  for (const std::string& node : nodes) {
    if (by_node.contains(node)) continue;
    all_ready = false;
    Object pod = pod_from_template(*set, "DaemonSet");
    Object& metadata = object_at(pod, {"metadata"});
    metadata["generateName"] = std::string(name_of(*set)) + "-";
    object_at(metadata, {"labels"})[revision_label] = revision;
    object_at(pod, {"spec"})["nodeName"] = node;
    // A clash of names is tried again on the next change.
    static_cast<void>(store_.create("pods", std::move(pod)));
  }
  if (all_ready && outdated) begin_pod_deletion(store_, *outdated);
  write_status(key, static_cast<std::int64_t>(nodes.size()), revision);
}

void DaemonSetController::write_status(const ObjectKey& key, std::int64_t wanted,
                                       const std::string& revision) {
  static_cast<void>(store_.modify("daemonsets", key.ns, key.name, [&](Object& set) {
    std::int64_t current = 0;
    std::int64_t ready = 0;
    std::int64_t updated = 0;
    for (const ObjectPtr& pod : owned_pods(store_, set, "DaemonSet")) {
      if (!pod_active(*pod)) continue;
      ++current;
      ready += condition_true(*pod, "Ready") ? 1 : 0;
      updated += label(*pod, revision_label) == revision ? 1 : 0;
    }
    Object status{{"currentNumberScheduled", current},
                  {"desiredNumberScheduled", wanted},
                  {"numberMisscheduled", 0},
                  {"numberReady", ready},
                  {"observedGeneration", integer_at(set, {"metadata", "generation"}).value_or(1)}};
    const auto count = [&status](std::string_view name, std::int64_t value) {
      if (value > 0) status[name] = value;
    };
    count("numberAvailable", ready);
    count("numberUnavailable", wanted - ready);
    count("updatedNumberScheduled", updated);
    set["status"] = std::move(status);
  }));
}

}  // namespace meshdrill::lab
