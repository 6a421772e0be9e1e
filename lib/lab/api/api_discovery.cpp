#include "lab/api/api_discovery.hpp"

#include "lab/api/api_status.hpp"
#include "lab/api/resource_types.hpp"

#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

json::object version_info(const std::string& version) {
  const std::size_t dot = version.find('.');
  const std::size_t end = version.find('.', dot + 1);
  return {{"major", version.substr(1, dot - 1)},
          {"minor", version.substr(dot + 1, end - dot - 1)},
          {"gitVersion", version},
          {"gitCommit", ""},
          {"gitTreeState", "clean"},
          {"platform", "linux/amd64"}};
}

json::object group_version(const ResourceType& type) {
  return {{"groupVersion", api_version(type)}, {"version", type.version}};
}

json::object group_object(const ResourceType& type) {
  return {{"name", type.group},
          {"versions", json::array{group_version(type)}},
          {"preferredVersion", group_version(type)}};
}

json::object typed(json::object fields, std::string_view kind) {
  fields["kind"] = kind;
  fields["apiVersion"] = "v1";
  return fields;
}

// Each group but the core one is served in one version.
json::array groups() {
  json::array list;
  std::string_view last;
  for (const ResourceType& type : resource_types()) {
    if (type.group == last) continue;
    last = type.group;
    list.push_back(group_object(type));
  }
  return list;
}

json::object subresource(const ResourceType& type, std::string_view name) {
  json::object entry{{"name", std::string(type.plural) + "/" + std::string(name)},
                     {"singularName", ""},
                     {"namespaced", type.namespaced},
                     {"kind", name == "scale" ? std::string_view("Scale") : type.kind},
                     {"verbs", json::array{"get", "patch", "update"}}};
  if (name == "scale") {
    entry["group"] = "autoscaling";
    entry["version"] = "v1";
  }
  return entry;
}

json::object resource(const ResourceType& type) {
  json::object entry{{"name", type.plural},
                     {"singularName", type.singular},
                     {"namespaced", type.namespaced},
                     {"kind", type.kind}};
  entry["verbs"] = type.persisted ? json::array{"create", "delete", "deletecollection", "get",
                                                "list",   "patch",  "update",           "watch"}
                                  : json::array{"create"};
  json::array names;
  for (const std::string_view name : type.short_names) {
    if (!name.empty()) names.emplace_back(name);
  }
  if (!names.empty()) entry["shortNames"] = std::move(names);
  if (type.category_all) entry["categories"] = json::array{"all"};
  return entry;
}

std::optional<ApiResponse> resource_list(std::string_view group, std::string_view version) {
  json::array list;
  std::string name;
  for (const ResourceType& type : resource_types()) {
    if (type.group != group || type.version != version) continue;
    name = api_version(type);
    list.push_back(resource(type));
    if (type.scale) list.push_back(subresource(type, "scale"));
    if (type.status) list.push_back(subresource(type, "status"));
  }
  if (list.empty()) return std::nullopt;
  return json_response(typed({{"groupVersion", name}, {"resources", std::move(list)}}, "APIResourceList"));
}

std::optional<ApiResponse> group(std::string_view name) {
  for (const ResourceType& type : resource_types()) {
    if (type.group == name) return json_response(typed(group_object(type), "APIGroup"));
  }
  return std::nullopt;
}

}  // namespace

std::optional<ApiResponse> discover(const Target& target, const ApiRequest& request,
                                    const std::string& version) {
  const std::vector<std::string>& path = target.segments;
  if (path.empty()) {
    return json_response({{"paths", json::array{"/api", "/api/v1", "/apis", "/healthz", "/livez",
                                                "/openapi/v2", "/openapi/v3", "/readyz", "/version"}}});
  }
  if (path[0] == "openapi") return openapi(target, request, version);
  if (path.size() == 1) {
    if (path[0] == "version") return json_response(version_info(version));
    if (path[0] == "api") return json_response(typed({{"versions", json::array{"v1"}}}, "APIVersions"));
    if (path[0] == "apis") return json_response(typed({{"groups", groups()}}, "APIGroupList"));
    if (path[0] == "healthz" || path[0] == "livez" || path[0] == "readyz") {
      return ApiResponse{
          .content_type = "text/plain; charset=utf-8", .body = "ok", .headers = {}, .watch = {}};
    }
  }
  if (path[0] == "api" && path.size() == 2) return resource_list("", path[1]);
  if (path[0] == "apis" && path.size() == 2) return group(path[1]);
  if (path[0] == "apis" && path.size() == 3) return resource_list(path[1], path[2]);
  return std::nullopt;
}

}  // namespace meshdrill::lab
