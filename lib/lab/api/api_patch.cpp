#include "lab/api/api_call.hpp"
#include "lab/api/api_decode.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/managed_fields.hpp"
#include "lab/api/patch.hpp"

#include <utility>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

constexpr std::string_view kApply = "application/apply-patch+yaml";
constexpr std::string_view kPatchTypes =
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, "
    "application/strategic-merge-patch+json";

std::string_view media_type(const ApiCall& call) {
  const std::string_view type = call.request.content_type;
  return type.substr(0, type.find(';'));
}

ApiResponse apply_object(const ApiCall& call) {
  auto config = decode_object(call.type(), kApply, call.request.body);
  if (!config) return to_response(config.error());
  const std::string_view manager = call.target.option("fieldManager");
  if (manager.empty()) {
    return to_response({.code = 422,
                        .reason = "Invalid",
                        .message =
                            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is "
                            "required for apply patch"});
  }
  if (find_value(*config, {"metadata", "managedFields"}) != nullptr) {
    return to_response(bad_request("metadata.managedFields must be nil"));
  }
  if (name_of(*config) != call.route.name) {
    return to_response(bad_request("the name of the object does not match the name on the URL"));
  }
  Object& metadata = object_at(*config, {"metadata"});
  const bool matches = !metadata.contains("namespace") || namespace_of(*config) == call.route.ns;
  if (!matches) {
    return to_response(
        bad_request("the namespace of the provided object does not match the namespace sent on the request"));
  }
  if (call.type().namespaced) metadata["namespace"] = call.route.ns;
  // Each path writes its own part.
  if (call.route.subresource == "status") {
    config->erase("spec");
  } else if (call.type().status) {
    config->erase("status");
  }
  const ObjectPtr live = call.live();
  if (!live && !call.route.subresource.empty()) return to_response(call.missing());
  const Writer writer{.manager = std::string(manager),
                      .api_version = api_version(call.type()),
                      .subresource = call.route.subresource,
                      .now = call.now};
  const auto applied = finish_apply(call.api, call.type(), live, stored(call.type(), *std::move(config)),
                                    writer, call.target.flag("force"), call.mode());
  return applied ? object_response(call, *applied, live ? 200 : 201) : to_response(applied.error());
}

}  // namespace

StoreResult<Object> patched(const ApiCall& call, const Object& object) {
  const std::string_view type = media_type(call);
  const bool known = type == "application/json-patch+json" || type == "application/merge-patch+json" ||
                     type == "application/strategic-merge-patch+json";
  if (!known) return tl::unexpected(unsupported_media_type(kPatchTypes));
  const auto patch = decode_json(call.request.body);
  if (!patch) return tl::unexpected(patch.error());
  if (type == "application/json-patch+json") return apply_json_patch(object, *patch);
  const json::object* const fields = patch->if_object();
  if (fields == nullptr) return tl::unexpected(bad_request("error decoding patch: the patch is no object"));
  if (type == "application/merge-patch+json") return apply_merge_patch(object, *fields);
  return apply_strategic_patch(object, *fields);
}

ApiResponse patch_object(const ApiCall& call) {
  if (media_type(call) == kApply) return apply_object(call);
  const ObjectPtr live = call.live();
  if (!live) return to_response(call.missing());
  auto next = patched(call, served(call.type(), *live));
  if (!next) return to_response(next.error());
  if (name_of(*next) != call.route.name || namespace_of(*next) != call.route.ns) {
    return to_response(bad_request("the name of the object does not match the name on the URL"));
  }
  const auto updated = finish_update(call, live, *std::move(next));
  return updated ? object_response(call, *updated) : to_response(updated.error());
}

}  // namespace meshdrill::lab
