#include "lab/api/api_call.hpp"
#include "lab/api/api_decode.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/timestamps.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

struct DeleteOptions {
  bool orphan = false;
  bool dry_run = false;
  std::string uid;               // empty: any
  std::string resource_version;  // empty: any
  std::optional<std::int64_t> grace_seconds;
};

StoreResult<DeleteOptions> read_options(const ApiCall& call) {
  DeleteOptions options;
  if (call.request.body.empty()) {
    options.orphan = call.target.option("propagationPolicy") == "Orphan";
    options.dry_run = call.mode() == WriteMode::dry_run;
    return options;
  }
  // The query counts for nothing then, as in Kubernetes.
  const auto body = decode_json(call.request.body);
  if (!body) return tl::unexpected(body.error());
  if (!body->is_object()) return tl::unexpected(bad_request("DeleteOptions must be an object"));
  const json::object& object = body->get_object();
  const std::string_view policy = text_at(object, {"propagationPolicy"});
  if (!policy.empty() && policy != "Orphan" && policy != "Background" && policy != "Foreground") {
    return tl::unexpected(StoreError{
        .code = 422,
        .reason = "Invalid",
        .message =
            fmt::format(R"(DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: )"
                        R"("{}": supported values: "Foreground", "Background", "Orphan", "nil")",
                        policy)});
  }
  const json::value* const old_flag = object.if_contains("orphanDependents");
  options.orphan = policy == "Orphan" || (old_flag != nullptr && *old_flag == json::value(true));
  const json::array* const dry_run = find_array(object, {"dryRun"});
  options.dry_run = dry_run != nullptr && !dry_run->empty();
  options.grace_seconds = integer_at(object, {"gracePeriodSeconds"});
  options.uid = text_at(object, {"preconditions", "uid"});
  options.resource_version = text_at(object, {"preconditions", "resourceVersion"});
  return options;
}

std::optional<StoreError> check_preconditions(const ApiCall& call, const Object& live,
                                              const DeleteOptions& options) {
  const std::string_view uid = text_at(live, {"metadata", "uid"});
  if (!options.uid.empty() && options.uid != uid) {
    return uid_conflict(call.type().plural, name_of(live), options.uid, uid);
  }
  const std::string_view version = text_at(live, {"metadata", "resourceVersion"});
  if (!options.resource_version.empty() && options.resource_version != version) {
    return modified_conflict(call.type().plural, name_of(live));
  }
  return std::nullopt;
}

// Makes the dependents forget their owner, so that they outlive it.
void orphan_dependents(ObjectStore& store, std::string_view uid) {
  const auto is_owner = [&](const json::value& owner) {
    return owner.is_object() && text_at(owner.get_object(), {"uid"}) == uid;
  };
  for (const ResourceType& type : resource_types()) {
    for (const ObjectPtr& object : store.list(type.plural)) {
      const json::array* const owners = find_array(*object, {"metadata", "ownerReferences"});
      if (owners == nullptr || std::none_of(owners->begin(), owners->end(), is_owner)) continue;
      Object free = *object;
      json::array& list = object_at(free, {"metadata"})["ownerReferences"].get_array();
      list.erase(std::remove_if(list.begin(), list.end(), is_owner), list.end());
      if (list.empty()) object_at(free, {"metadata"}).erase("ownerReferences");
      // Only a listener that removed it meanwhile can make this fail, and then nothing is left to free.
      (void)store.update(type.plural, std::move(free));
    }
  }
}

void remove_contents(ObjectStore& store, std::string_view ns) {
  for (const ResourceType& type : resource_types()) {
    if (!type.namespaced) continue;
    for (const ObjectPtr& object : store.list(type.plural, ns)) {
      // Something owned may be gone with its owner already.
      (void)store.remove(type.plural, ns, name_of(*object));
    }
  }
}

// A Pod on a node goes when its kubelet has ended it; until then it is there, with a deletionTimestamp.
bool goes_gracefully(const ApiCall& call, const Object& live, const DeleteOptions& options) {
  return call.type().kind == "Pod" && !text_at(live, {"spec", "nodeName"}).empty() &&
         options.grace_seconds != 0;
}

StoreResult<ObjectPtr> mark_deleted(const ApiCall& call, const Object& live, const DeleteOptions& options) {
  const std::int64_t grace = options.grace_seconds.value_or(
      integer_at(live, {"spec", "terminationGracePeriodSeconds"}).value_or(30));
  return call.store().modify("pods", namespace_of(live), name_of(live), [&](Object& pod) {
    Object& metadata = object_at(pod, {"metadata"});
    if (metadata.contains("deletionTimestamp")) return;
    metadata["deletionTimestamp"] = to_timestamp(call.now + std::chrono::seconds(grace));
    metadata["deletionGracePeriodSeconds"] = grace;
  });
}

StoreResult<ObjectPtr> remove_object(const ApiCall& call, const ObjectPtr& live,
                                     const DeleteOptions& options) {
  const std::string_view name = name_of(*live);
  if (auto error = check_preconditions(call, *live, options)) return tl::unexpected(*std::move(error));
  if (call.type().kind == "Namespace" && (name == "default" || name == "kube-system")) {
    return tl::unexpected(
        forbidden(fmt::format(R"(namespaces "{}" is forbidden: this namespace may not be deleted)", name)));
  }
  if (options.dry_run) return live;
  if (goes_gracefully(call, *live, options)) return mark_deleted(call, *live, options);
  if (options.orphan) orphan_dependents(call.store(), text_at(*live, {"metadata", "uid"}));
  if (call.type().kind == "Namespace") remove_contents(call.store(), name);
  return call.store().remove(call.type().plural, namespace_of(*live), name);
}

}  // namespace

ApiResponse delete_object(const ApiCall& call) {
  const auto options = read_options(call);
  if (!options) return to_response(options.error());
  const ObjectPtr live = call.live();
  if (!live) return to_response(call.missing());
  const auto removed = remove_object(call, live, *options);
  if (!removed) return to_response(removed.error());
  if (goes_gracefully(call, *live, *options)) return object_response(call, *removed);
  return json_response({{"kind", "Status"},
                        {"apiVersion", "v1"},
                        {"metadata", json::object()},
                        {"status", "Success"},
                        {"details", json::object{{"name", call.route.name},
                                                 {"group", call.type().group},
                                                 {"kind", call.type().plural},
                                                 {"uid", text_at(**removed, {"metadata", "uid"})}}}});
}

ApiResponse delete_collection(const ApiCall& call) {
  const auto options = read_options(call);
  if (!options) return to_response(options.error());
  const auto selects = selection(call);
  if (!selects) return to_response(selects.error());
  if (call.type().namespaced && call.route.ns.empty()) return to_response(method_not_allowed());
  json::array items;
  for (const ObjectPtr& object : call.store().list(call.type().plural, call.route.ns)) {
    // One may be gone with its owner, which was in the list too.
    const ObjectPtr live = call.store().get(call.type().plural, namespace_of(*object), name_of(*object));
    if (!live || !(*selects)(*live)) continue;
    const auto removed = remove_object(call, live, *options);
    if (!removed) return to_response(removed.error());
    items.push_back(served(call.type(), **removed));
  }
  return json_response(
      {{"kind", std::string(call.type().kind) + "List"},
       {"apiVersion", api_version(call.type())},
       {"metadata", json::object{{"resourceVersion", std::to_string(call.store().resource_version())}}},
       {"items", std::move(items)}});
}

}  // namespace meshdrill::lab
