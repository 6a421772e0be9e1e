// What a request is about: its path and query taken apart.
#pragma once

#include "lab/api/api_types.hpp"
#include "lab/api/resource_types.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

struct Target {
  std::vector<std::string> segments;  // of the path, decoded; no empty ones
  std::map<std::string, std::string, std::less<>> query;

  // Empty when absent.
  [[nodiscard]] std::string_view option(std::string_view name) const;
  // "true" and "1", and present without a value, as Kubernetes reads a boolean of the query.
  [[nodiscard]] bool flag(std::string_view name) const;
};

// nullopt when it is no valid request target.
std::optional<Target> parse_target(std::string_view target);

// A request for objects of one resource.
struct Route {
  const ResourceType* type = nullptr;
  std::string ns;           // empty: cluster-scoped, or all namespaces
  std::string name;         // empty: the collection
  std::string subresource;  // "scale", "status", "exec", "proxy"; empty: none
  std::string proxied;      // of pods/proxy: the path that is asked for behind it
  std::string verb;  // "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"
};

// "deployments/scale": what rules and faults call it.
std::string resource_path(const Route& route);

// nullopt when the path names nothing that is served.
std::optional<Route> find_route(const Target& target, std::string_view method);

// The forms in which a client takes objects.
enum class Form { plain, table, metadata };

// The first form of an Accept header that is served; nullopt when there is none (406).
std::optional<Form> negotiate(std::string_view accept);

}  // namespace meshdrill::lab
