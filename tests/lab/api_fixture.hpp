// A cluster's API without sockets, and the few ways in which tests talk to it.
#pragma once

#include "lab/api/api_handler.hpp"
#include "lab/api/json_access.hpp"

#include <string>
#include <string_view>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace meshdrill::lab {

inline boost::json::value parse(std::string_view text) {
  return boost::json::parse({text.data(), text.size()});
}

inline Object parse_object(std::string_view text) {
  return parse(text).as_object();
}

inline constexpr std::string_view merge_patch = "application/merge-patch+json";
inline constexpr std::string_view json_patch = "application/json-patch+json";
inline constexpr std::string_view strategic_patch = "application/strategic-merge-patch+json";
inline constexpr std::string_view apply_patch = "application/apply-patch+yaml";

inline constexpr std::string_view deployments = "/apis/apps/v1/namespaces/default/deployments";
inline constexpr std::string_view web = "/apis/apps/v1/namespaces/default/deployments/web";
inline constexpr std::string_view web_scale = "/apis/apps/v1/namespaces/default/deployments/web/scale";

// A Deployment as people write it.
inline Object deployment(std::string_view name, int replicas) {
  Object object =
      parse_object(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"app":"web"}},
    "spec":{"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
    "spec":{"containers":[{"name":"web","image":"web:1","ports":[{"containerPort":80}]}]}}}})");
  object_at(object, {"metadata"})["name"] = name;
  object_at(object, {"spec"})["replicas"] = replicas;
  return object;
}

struct Api {
  ObjectStore store;
  ApiHandler handler{store};
  std::string accept;
  std::string user = "admin";
  int status = 0;  // of the last answer

  ApiResponse send(std::string_view method, std::string_view target, std::string_view body = {},
                   std::string_view content_type = "application/json") {
    const ApiRequest request{.method = std::string(method),
                             .target = std::string(target),
                             .accept = accept,
                             .content_type = std::string(content_type),
                             .user_agent = "tester/1.0 (linux)",
                             .body = std::string(body),
                             .user = {.name = user, .groups = {}}};
    ApiResponse response = handler.handle(request);
    status = response.status;
    return response;
  }

  // The same for an answer that is a JSON object.
  Object ask(std::string_view method, std::string_view target, std::string_view body = {},
             std::string_view content_type = "application/json") {
    return parse_object(send(method, target, body, content_type).body);
  }

  Object post(std::string_view target, const Object& object) {
    return ask("POST", target, boost::json::serialize(object));
  }

  // Server-side apply of a Deployment named web.
  Object apply_web(const Object& config, std::string_view manager, bool force = false) {
    const std::string target =
        std::string(web) + "?fieldManager=" + std::string(manager) + (force ? "&force=true" : "");
    return ask("PATCH", target, boost::json::serialize(config), apply_patch);
  }

  ObjectPtr live() const { return store.get("deployments", "default", "web"); }
};

}  // namespace meshdrill::lab
