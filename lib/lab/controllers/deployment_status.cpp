#include "lab/controllers/deployment_status.hpp"

#include "lab/api/object_fields.hpp"
#include "lab/controllers/rolling_update.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

struct Condition {
  std::string_view type;
  bool holds;
  std::string_view reason;
  std::string message;
};

Object to_object(const Condition& condition, const Object& deployment) {
  const std::string now = timestamp_now();
  const std::string_view status = condition.holds ? "True" : "False";
  Object made{{"type", condition.type},    {"status", status},           {"lastUpdateTime", now},
              {"lastTransitionTime", now}, {"reason", condition.reason}, {"message", condition.message}};
  for (const json::value& item : items_at(deployment, {"status", "conditions"})) {
    if (!item.is_object() || text_at(item.get_object(), {"type"}) != condition.type) continue;
    const Object& before = item.get_object();
    if (text_at(before, {"status"}) != status) continue;
    made["lastTransitionTime"] = text_at(before, {"lastTransitionTime"});
    if (text_at(before, {"reason"}) == condition.reason &&
        text_at(before, {"message"}) == condition.message) {
      made["lastUpdateTime"] = text_at(before, {"lastUpdateTime"});
    }
  }
  return made;
}

std::int64_t sum(const std::vector<ObjectPtr>& sets, std::string_view counter) {
  std::int64_t total = 0;
  for (const ObjectPtr& set : sets) total += integer_at(*set, {"status", counter}).value_or(0);
  return total;
}

}  // namespace

Object deployment_status(const Object& deployment, const Object& newest, const std::vector<ObjectPtr>& all) {
  const std::int64_t wanted = integer_at(deployment, {"spec", "replicas"}).value_or(1);
  const std::int64_t replicas = sum(all, "replicas");
  const std::int64_t updated = integer_at(newest, {"status", "replicas"}).value_or(0);
  const std::int64_t available = sum(all, "availableReplicas");

  Object status{{"observedGeneration", integer_at(deployment, {"metadata", "generation"}).value_or(1)}};
  const auto count = [&status](std::string_view name, std::int64_t value) {
    if (value > 0) status[name] = value;
  };
  count("replicas", replicas);
  count("updatedReplicas", updated);
  count("readyReplicas", sum(all, "readyReplicas"));
  count("availableReplicas", available);
  count("unavailableReplicas", std::max<std::int64_t>(0, std::max(wanted, replicas) - available));

  const bool enough = available >= wanted - read_strategy(deployment, wanted).unavailable;
  const bool complete = updated == wanted && replicas == wanted && available == wanted;
  const std::string set = fmt::format("ReplicaSet \"{}\"", name_of(newest));
  json::array conditions;
  conditions.emplace_back(to_object(
      {"Available", enough, enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
       enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability."},
      deployment));
  conditions.emplace_back(
      to_object({"Progressing", true, complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                 complete ? set + " has successfully progressed." : set + " is progressing."},
                deployment));
  status["conditions"] = std::move(conditions);
  return status;
}

}  // namespace meshdrill::lab
