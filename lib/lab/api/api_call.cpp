#include "lab/api/api_call.hpp"

#include "lab/api/json_access.hpp"

#include <array>
#include <utility>

namespace meshdrill::lab {

namespace {

// The fields of an Event that core/v1 and events.k8s.io/v1 call differently: core's name first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEventFields{{
    {"involvedObject", "regarding"},
    {"message", "note"},
    {"reportingComponent", "reportingController"},
    {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"},
}};

void rename(Object& object, std::string_view from, std::string_view to) {
  if (boost::json::value* const value = object.if_contains(from)) {
    boost::json::value moved = std::move(*value);
    object.erase(from);
    object[to] = std::move(moved);
  }
}

bool is_new_event(const ResourceType& type) {
  return type.group == "events.k8s.io";
}

}  // namespace

WriteMode ApiCall::mode() const {
  return target.option("dryRun") == "All" ? WriteMode::dry_run : WriteMode::commit;
}

ObjectPtr ApiCall::live() const {
  return store().get(type().plural, route.ns, route.name);
}

std::string ApiCall::manager() const {
  const std::string_view asked = target.option("fieldManager");
  if (!asked.empty()) return std::string(asked);
  const std::string program = request.user_agent.substr(0, request.user_agent.find('/'));
  return program.empty() ? "unknown" : program;
}

Object served(const ResourceType& type, const Object& stored) {
  Object object{{"kind", type.kind}, {"apiVersion", api_version(type)}};
  for (const auto& member : stored) {
    if (member.key() != "kind" && member.key() != "apiVersion") object[member.key()] = member.value();
  }
  if (is_new_event(type)) {
    for (const auto& [core, renamed] : kEventFields) rename(object, core, renamed);
  }
  return object;
}

Object stored(const ResourceType& type, Object served) {
  if (is_new_event(type)) {
    for (const auto& [core, renamed] : kEventFields) rename(served, renamed, core);
    served["apiVersion"] = "v1";
  }
  return served;
}

}  // namespace meshdrill::lab
