#include "lab/controllers/pod_status.hpp"

#include "lab/api/object_fields.hpp"

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

// A condition, which keeps its time while its status stays.
Object condition(const Object& pod, std::string_view type, bool holds, std::string_view reason = {},
                 std::string_view message = {}) {
  Object made{{"type", type}, {"status", holds ? "True" : "False"}};
  made["lastTransitionTime"] = timestamp_now();
  for (const json::value& item : items_at(pod, {"status", "conditions"})) {
    if (!item.is_object() || text_at(item.get_object(), {"type"}) != type) continue;
    if ((text_at(item.get_object(), {"status"}) == "True") != holds) continue;
    made["lastTransitionTime"] = text_at(item.get_object(), {"lastTransitionTime"});
  }
  if (!reason.empty()) made["reason"] = reason;
  if (!message.empty()) made["message"] = message;
  return made;
}

json::array conditions(const Object& pod, bool ready) {
  const std::string_view reason = ready ? "" : "ContainersNotReady";
  return {condition(pod, "Initialized", true), condition(pod, "Ready", ready, reason),
          condition(pod, "ContainersReady", ready, reason), condition(pod, "PodScheduled", true)};
}

json::array container_statuses(const Object& pod, const Object& state, bool ready) {
  json::array statuses;
  for (const json::value& item : items_at(pod, {"spec", "containers"})) {
    if (!item.is_object()) continue;
    Object status{{"name", text_at(item.get_object(), {"name"})},
                  {"image", text_at(item.get_object(), {"image"})},
                  {"imageID", ""},
                  {"ready", ready},
                  {"started", ready},
                  {"restartCount", 0},
                  {"state", state},
                  {"lastState", Object{}}};
    statuses.emplace_back(std::move(status));
  }
  return statuses;
}

std::string start_time(const Object& pod) {
  const std::string_view before = text_at(pod, {"status", "startTime"});
  return before.empty() ? timestamp_now() : std::string(before);
}

}  // namespace

Object creating_status(const Object& pod, std::string_view message) {
  Object waiting{{"reason", "ContainerCreating"}};
  if (!message.empty()) waiting["message"] = message;
  return Object{{"phase", "Pending"},
                {"conditions", conditions(pod, false)},
                {"startTime", start_time(pod)},
                {"containerStatuses", container_statuses(pod, Object{{"waiting", waiting}}, false)},
                {"qosClass", "BestEffort"}};
}

Object running_status(const Object& pod, const PodAddress& address) {
  const Object running{{"startedAt", timestamp_now()}};
  return Object{{"phase", "Running"},
                {"conditions", conditions(pod, true)},
                {"hostIP", address.host},
                {"hostIPs", json::array{Object{{"ip", address.host}}}},
                {"podIP", address.pod},
                {"podIPs", json::array{Object{{"ip", address.pod}}}},
                {"startTime", start_time(pod)},
                {"containerStatuses", container_statuses(pod, Object{{"running", running}}, true)},
                {"qosClass", "BestEffort"}};
}

Object unschedulable_status(const Object& pod, std::string_view message) {
  return Object{{"phase", "Pending"},
                {"conditions", json::array{condition(pod, "PodScheduled", false, "Unschedulable", message)}},
                {"qosClass", "BestEffort"}};
}

}  // namespace meshdrill::lab
