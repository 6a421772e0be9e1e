#include "lab/api/api_call.hpp"
#include "lab/api/api_decode.hpp"
#include "lab/api/api_defaults.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/managed_fields.hpp"

#include <utility>

#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

Writer writer_of(const ApiCall& call) {
  return {.manager = call.manager(),
          .api_version = api_version(call.type()),
          .subresource = call.route.subresource,
          .now = call.now};
}

// Puts the namespace of the path into the object, or says that the two differ.
std::optional<StoreError> settle_namespace(const ApiCall& call, Object& object) {
  Object& metadata = object_at(object, {"metadata"});
  if (!call.type().namespaced) {
    metadata.erase("namespace");
    return std::nullopt;
  }
  const std::string_view given = text_at(metadata, {"namespace"});
  if (!given.empty() && given != call.route.ns) {
    return bad_request(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  metadata["namespace"] = call.route.ns;
  return std::nullopt;
}

std::optional<StoreError> settle_name(const ApiCall& call, Object& object) {
  const std::string_view given = name_of(object);
  if (!given.empty() && given != call.route.name) {
    return bad_request(fmt::format("the name of the object ({}) does not match the name on the URL ({})",
                                   given, call.route.name));
  }
  object_at(object, {"metadata"})["name"] = call.route.name;
  return settle_namespace(call, object);
}

// Defaults, allocation and checks: what is between a client's object and the store's.
StoreResult<Object> admit(ApiHandler& api, const ResourceType& type, const Object* live, Object object) {
  auto typed = check_types(type, std::move(object));
  if (!typed) return typed;
  apply_defaults(type, *typed);
  if (type.kind == "Service") {
    typed = allocate_service(api.store(), live, *std::move(typed), api.config().service_network);
    if (!typed) return typed;
  }
  std::vector<FieldCause> causes = validate(type, live, *typed);
  // The store makes the name, after the checks.
  if (live == nullptr && name_of(*typed).empty() && !text_at(*typed, {"metadata", "generateName"}).empty()) {
    std::erase_if(causes, [](const FieldCause& cause) { return cause.field == "metadata.name"; });
  }
  if (!causes.empty()) return tl::unexpected(invalid_object(type, name_of(*typed), causes));
  return typed;
}

std::optional<StoreError> check_namespace(const ObjectStore& store, const ResourceType& type,
                                          const Object& object) {
  if (!type.namespaced || store.get("namespaces", {}, namespace_of(object))) return std::nullopt;
  return not_found("namespaces", namespace_of(object));
}

// An object in the place of `live`, with the parts that this path does not write as they are.
Object written_part(const ApiCall& call, const Object& live, Object next) {
  if (!call.type().status) return next;
  if (call.route.subresource == "status") {
    Object result = live;
    const json::value* const status = next.if_contains("status");
    result["status"] = status == nullptr ? json::value(json::object()) : *status;
    Object& metadata = object_at(result, {"metadata"});
    for (const std::string_view key : {"resourceVersion", "uid", "managedFields"}) {
      const json::value* const value = find_value(next, {"metadata", key});
      if (value != nullptr) metadata[key] = *value;
    }
    return result;
  }
  if (const json::value* const status = live.if_contains("status")) {
    next["status"] = *status;
  } else {
    next.erase("status");
  }
  return next;
}

}  // namespace

StoreResult<ObjectPtr> finish_update(const ApiCall& call, const ObjectPtr& live, Object next) {
  next = written_part(call, *live, stored(call.type(), std::move(next)));
  auto admitted = admit(call.api, call.type(), live.get(), std::move(next));
  if (!admitted) return tl::unexpected(std::move(admitted.error()));
  // Server-kept metadata stays even where the client left it out.
  for (const std::string_view key : {"creationTimestamp", "generation"}) {
    const json::value* const value = find_value(*live, {"metadata", key});
    if (value != nullptr) object_at(*admitted, {"metadata"})[key] = *value;
  }
  record_update(live.get(), *admitted, writer_of(call));
  return call.store().update(call.type().plural, *std::move(admitted), call.mode());
}

StoreResult<ObjectPtr> finish_apply(ApiHandler& api, const ResourceType& type, const ObjectPtr& live,
                                    const Object& config, const Writer& writer, bool force, WriteMode mode) {
  if (auto error = check_namespace(api.store(), type, config)) return tl::unexpected(*std::move(error));
  auto merged = apply_fields(live.get(), config, writer, force);
  if (!merged) return tl::unexpected(std::move(merged.error()));
  auto admitted = admit(api, type, live.get(), *std::move(merged));
  if (!admitted) return tl::unexpected(std::move(admitted.error()));
  return live ? api.store().update(type.plural, *std::move(admitted), mode)
              : api.store().create(type.plural, *std::move(admitted), mode);
}

ApiResponse create_object(const ApiCall& call) {
  auto decoded = decode_object(call.type(), call.request.content_type, call.request.body);
  if (!decoded) return to_response(decoded.error());
  if (call.type().namespaced && call.route.ns.empty()) return to_response(method_not_allowed());
  if (const auto error = settle_namespace(call, *decoded)) return to_response(*error);
  if (const auto error = check_namespace(call.store(), call.type(), *decoded)) return to_response(*error);
  Object object = stored(call.type(), *std::move(decoded));
  if (call.type().status) object.erase("status");
  auto admitted = admit(call.api, call.type(), nullptr, std::move(object));
  if (!admitted) return to_response(admitted.error());
  record_update(nullptr, *admitted, writer_of(call));
  const auto created = call.store().create(call.type().plural, *std::move(admitted), call.mode());
  return created ? object_response(call, *created, 201) : to_response(created.error());
}

ApiResponse update_object(const ApiCall& call) {
  auto decoded = decode_object(call.type(), call.request.content_type, call.request.body);
  if (!decoded) return to_response(decoded.error());
  if (const auto error = settle_name(call, *decoded)) return to_response(*error);
  const ObjectPtr live = call.live();
  if (!live) return to_response(call.missing());
  const auto updated = finish_update(call, live, *std::move(decoded));
  return updated ? object_response(call, *updated) : to_response(updated.error());
}

}  // namespace meshdrill::lab
