#include "kube/apply.hpp"

#include "kube/codec.hpp"
#include "kube/json_fields.hpp"

#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

struct GroupVersion {
  std::string group;  // empty for the core group
  std::string version;
};

GroupVersion split(const std::string& api_version) {
  const auto slash = api_version.find('/');
  if (slash == std::string::npos) return {"", api_version};
  return {api_version.substr(0, slash), api_version.substr(slash + 1)};
}

}  // namespace

Task<ApiResult<ResourceType>> discover(Client& client, std::string api_version, std::string kind) {
  const GroupVersion wanted = split(api_version);
  Request request;
  request.path = (wanted.group.empty() ? "/api/" : "/apis/") + api_version;
  ApiResult<json::value> answer = co_await client.request(request);
  if (!answer) co_return tl::unexpected(answer.error());
  for (const auto& resource : array_field(*answer, "/resources")) {
    const std::string plural = text_field(resource, "/name");
    // Subresources are listed too ("deployments/scale", of kind Scale).
    if (text_field(resource, "/kind") != kind || plural.find('/') != std::string::npos) continue;
    ResourceType type;
    type.group = wanted.group;
    type.version = wanted.version;
    type.plural = plural;
    type.namespaced = boolean_field(resource, "/namespaced");
    co_return type;
  }
  ApiError unknown = error_about(client.connection(), request, ApiError::Kind::api,
                                 "the API has no kind " + kind + " in " + api_version);
  unknown.http_status = 404;
  unknown.reason = "NotFound";
  co_return tl::unexpected(std::move(unknown));
}

Task<ApiResult<json::value>> apply(Client& client, json::value manifest, ApplyOptions options) {
  const std::string api_version = text_field(manifest, "/apiVersion");
  const std::string kind = text_field(manifest, "/kind");
  const std::string name = text_field(manifest, "/metadata/name");
  Request request;
  request.method = Method::patch;
  if (api_version.empty() || kind.empty() || name.empty()) {
    co_return tl::unexpected(error_about(client.connection(), request, ApiError::Kind::invalid,
                                         "the manifest lacks apiVersion, kind or metadata.name"));
  }
  ApiResult<ResourceType> type = co_await discover(client, api_version, kind);
  if (!type) co_return tl::unexpected(type.error());
  std::string namespace_name;
  if (type->namespaced) {
    namespace_name = text_field(manifest, "/metadata/namespace");
    if (namespace_name.empty()) namespace_name = options.default_namespace;
  }
  const ObjectRef object(*type, namespace_name, name);
  request.path = object_path(object);
  request.query.emplace_back("fieldManager", options.field_manager);
  if (options.force) request.query.emplace_back("force", "true");
  request.dry_run = options.dry_run;
  // JSON is YAML, and the API knows an apply by this type only.
  request.content_type = "application/apply-patch+yaml";
  request.body = std::move(manifest);
  co_return co_await client.request(std::move(request));
}

}  // namespace meshdrill::kube
