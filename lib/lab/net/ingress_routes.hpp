// The routes that a cluster's Ingress objects amount to, matched as ingress-nginx matches them.
#pragma once

#include "base/duration.hpp"
#include "lab/api/object_fields.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

// Where a request goes, and how.
struct IngressRoute {
  ObjectKey service;
  std::string port_name;  // of the Service's port; empty: by number
  std::int64_t port_number = 0;
  bool service_upstream = false;  // dial the ClusterIP, not the endpoints
  std::optional<Duration> connect_timeout;
  std::optional<Duration> read_timeout;
};

class IngressRoutes {
 public:
  // Of those Ingresses that are of class `class_name`.
  IngressRoutes(const std::vector<ObjectPtr>& ingresses, std::string_view class_name);

  // `host` as in the request, with or without a port; `path` without its query. nullptr: 404.
  [[nodiscard]] const IngressRoute* match(std::string_view host, std::string_view path) const;

  // Whether a controller of class `class_name` takes this Ingress for its own.
  static bool is_of_class(const Object& ingress, std::string_view class_name);

 private:
  struct Location {
    std::string path;
    bool exact = false;
    IngressRoute route;
  };
  using Locations = std::vector<Location>;  // the ones that win first

  void add(const Object& ingress);
  void add_rule(const Object& rule, const IngressRoute& base);
  [[nodiscard]] const Locations* server(std::string_view host) const;

  std::map<std::string, Locations, std::less<>> servers_;  // by host; "": any other, "*.x": below x
  std::optional<IngressRoute> default_backend_;
};

}  // namespace meshdrill::lab
