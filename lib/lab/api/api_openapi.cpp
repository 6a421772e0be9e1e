#include "lab/api/api_discovery.hpp"
#include "lab/api/api_status.hpp"
#include "lab/api/protobuf.hpp"
#include "lab/api/resource_types.hpp"

#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

constexpr std::string_view kProtobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
constexpr std::string_view kPatchParameters[] = {"dryRun", "fieldManager", "force"};

std::string root_of(const ResourceType& type) {
  return (type.group.empty() ? "api/" : "apis/") + api_version(type);
}

std::string path_of(const ResourceType& type) {
  return fmt::format("/{}/{}{}/{{name}}", root_of(type), type.namespaced ? "namespaces/{namespace}/" : "",
                     type.plural);
}

// What kubectl looks for before it sends a dry run.
json::object patch_operation(const ResourceType& type) {
  json::array parameters;
  for (const std::string_view name : kPatchParameters) {
    parameters.push_back(
        json::object{{"name", name}, {"in", "query"}, {"schema", json::object{{"type", "string"}}}});
  }
  return {{"parameters", std::move(parameters)},
          {"responses", json::object{{"200", json::object{{"description", "OK"}}}}},
          {"x-kubernetes-action", "patch"},
          {"x-kubernetes-group-version-kind",
           json::object{{"group", type.group}, {"version", type.version}, {"kind", type.kind}}}};
}

json::object info(const std::string& version) {
  return {{"title", "Kubernetes"}, {"version", version}};
}

json::object paths_of(std::string_view root) {
  json::object paths;
  for (const ResourceType& type : resource_types()) {
    if (!type.persisted || (!root.empty() && root_of(type) != root)) continue;
    paths[path_of(type)] = json::object{{"patch", patch_operation(type)}};
  }
  return paths;
}

// The same as the JSON of version 2, in the messages of gnostic's openapi_v2.proto: older kubectl ask for
// nothing else. The numbers are that file's.
std::string protobuf_document(const std::string& version) {
  std::string paths;
  for (const ResourceType& type : resource_types()) {
    if (!type.persisted) continue;
    std::string operation;
    for (const std::string_view name : kPatchParameters) {
      const std::string query =
          protobuf_field(2, "query") + protobuf_field(4, name) + protobuf_field(6, "string");
      operation += protobuf_field(8, protobuf_field(1, protobuf_field(2, protobuf_field(3, query))));
    }
    const std::string gvk =
        fmt::format("group: \"{}\"\nkind: {}\nversion: {}\n", type.group, type.kind, type.version);
    operation += protobuf_field(
        13, protobuf_field(1, "x-kubernetes-group-version-kind") + protobuf_field(2, protobuf_field(2, gvk)));
    paths +=
        protobuf_field(2, protobuf_field(1, path_of(type)) + protobuf_field(2, protobuf_field(8, operation)));
  }
  return protobuf_field(1, "2.0") +
         protobuf_field(2, protobuf_field(1, "Kubernetes") + protobuf_field(2, version)) +
         protobuf_field(8, paths);
}

ApiResponse version_2(const ApiRequest& request, const std::string& version) {
  if (request.accept.find("protobuf") != std::string::npos) {
    return {.content_type = std::string(kProtobuf),
            .body = protobuf_document(version),
            .headers = {},
            .watch = {}};
  }
  return json_response({{"swagger", "2.0"},
                        {"info", info(version)},
                        {"paths", paths_of({})},
                        {"definitions", json::object()}});
}

json::object version_3_index() {
  json::object paths;
  for (const ResourceType& type : resource_types()) {
    const std::string root = root_of(type);
    paths[root] = json::object{{"serverRelativeURL", "/openapi/v3/" + root}};
  }
  return {{"paths", std::move(paths)}};
}

}  // namespace

std::optional<ApiResponse> openapi(const Target& target, const ApiRequest& request,
                                   const std::string& version) {
  const std::vector<std::string>& path = target.segments;
  if (path.size() == 2 && path[1] == "v2") return version_2(request, version);
  if (path.size() < 2 || path[1] != "v3") return std::nullopt;
  if (path.size() == 2) return json_response(version_3_index());
  std::string root;
  for (std::size_t i = 2; i < path.size(); ++i) root += (i == 2 ? "" : "/") + path[i];
  if (!version_3_index()["paths"].as_object().contains(root)) return std::nullopt;
  return json_response({{"openapi", "3.0.0"}, {"info", info(version)}, {"paths", paths_of(root)}});
}

}  // namespace meshdrill::lab
