#include "lab/api/api_handler.hpp"

#include "lab/api/api_call.hpp"
#include "lab/api/api_defaults.hpp"
#include "lab/api/api_discovery.hpp"
#include "lab/api/api_exec.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/managed_fields.hpp"
#include "lab/api/rbac.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::lab {

namespace {

AccessRequest access_request(const Route& route, const std::string& user) {
  return {.user = user,
          .verb = route.verb,
          .group = std::string(route.type->group),
          .resource = std::string(route.type->plural),
          .subresource = route.subresource,
          .ns = route.ns,
          .name = route.name};
}

StoreError access_denied(const Route& route, const std::string& user) {
  const std::string named = route.name.empty() ? "" : fmt::format(R"( "{}")", route.name);
  const std::string where =
      route.ns.empty() ? " at the cluster scope" : fmt::format(R"( in the namespace "{}")", route.ns);
  return forbidden(fmt::format(R"({}{} is forbidden: User "{}" cannot {} resource "{}" in API group "{}"{})",
                               qualified_name(*route.type), named, user, route.verb, resource_path(route),
                               route.type->group, where));
}

ApiResponse dispatch(const ApiCall& call) {
  const std::string& verb = call.route.verb;
  if (!call.type().persisted) {
    return verb == "create" ? review_access(call) : to_response(method_not_allowed());
  }
  if (call.route.subresource == "scale") return handle_scale(call);
  if (call.route.subresource == "proxy") {
    return verb == "get" ? proxy_to_pod(call) : to_response(method_not_allowed());
  }
  if (call.route.subresource == "exec") return to_response(bad_request("Upgrade request required"));
  if (verb == "get") return get_object(call);
  if (verb == "list") return list_objects(call);
  if (verb == "watch") return watch_objects(call);
  if (verb == "create" && call.route.name.empty()) return create_object(call);
  if (verb == "update" && !call.route.name.empty()) return update_object(call);
  if (verb == "patch" && !call.route.name.empty()) return patch_object(call);
  if (verb == "delete" && call.route.subresource.empty()) return delete_object(call);
  if (verb == "deletecollection") return delete_collection(call);
  return to_response(method_not_allowed());
}

}  // namespace

ApiHandler::ApiHandler(ObjectStore& store, ApiHandlerConfig config)
    : store_(store), config_(std::move(config)) {
  const ResourceType& type = *find_resource("namespaces");
  for (const std::string_view name : {"default", "kube-system"}) {
    if (store_.get(type.plural, {}, name)) continue;
    Object object{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", Object{{"name", name}}}};
    apply_defaults(type, object);
    if (!store_.create(type.plural, std::move(object))) throw std::logic_error("a namespace appeared twice");
  }
}

bool ApiHandler::allows(const AccessRequest& request, const ApiUser& user) const {
  return access_.allows(request) && (!under_rbac(user) || rbac_allows(store_, request));
}

std::optional<StoreError> ApiHandler::denies(const Route& route, const ApiUser& user) const {
  if (!route.type->persisted || allows(access_request(route, user.name), user)) return std::nullopt;
  return access_denied(route, user.name);
}

ApiResponse ApiHandler::handle(const ApiRequest& request) {
  const auto target = parse_target(request.target);
  if (!target) return to_response(bad_request("the request target is no path"));
  auto route = find_route(*target, request.method);
  if (!route) {
    if (request.method != "GET" && request.method != "HEAD") return to_response(path_not_found());
    auto found = discover(*target, request, config_.version);
    return found ? *std::move(found) : to_response(path_not_found());
  }
  if (route->verb.empty()) return to_response(method_not_allowed());
  if (const auto denied = denies(*route, request.user)) return to_response(*denied);
  const auto form = negotiate(request.accept);
  if (!form) return to_response(not_acceptable());
  return dispatch({.api = *this,
                   .request = request,
                   .target = *target,
                   .route = *std::move(route),
                   .form = *form,
                   .now = std::chrono::system_clock::now()});
}

StoreResult<ObjectPtr> ApiHandler::apply(const Object& object, const std::string& manager) {
  for (const ResourceType& type : resource_types()) {
    if (type.kind != text_at(object, {"kind"}) || api_version(type) != text_at(object, {"apiVersion"}))
      continue;
    Object config = object;
    if (type.namespaced && namespace_of(config).empty())
      object_at(config, {"metadata"})["namespace"] = "default";
    const ObjectPtr live = store_.get(type.plural, namespace_of(config), name_of(config));
    const Writer writer{.manager = manager,
                        .api_version = api_version(type),
                        .subresource = {},
                        .now = std::chrono::system_clock::now()};
    return finish_apply(*this, type, live, config, writer, true, WriteMode::commit);
  }
  return tl::unexpected(bad_request(fmt::format("no kind \"{}\" is served in version \"{}\"",
                                                text_at(object, {"kind"}), text_at(object, {"apiVersion"}))));
}

}  // namespace meshdrill::lab
