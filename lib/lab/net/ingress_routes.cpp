#include "lab/net/ingress_routes.hpp"

#include <algorithm>
#include <cctype>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// ingress-nginx's time-outs are whole seconds, as text.
std::optional<Duration> seconds(const std::string& text) {
  const auto number = parse_number(text);
  if (!number || *number == 0 || *number > 86400) return std::nullopt;
  return std::chrono::seconds(static_cast<std::int64_t>(*number));
}

IngressRoute to_backend(const Object& backend, IngressRoute route) {
  route.service.name = text_at(backend, {"service", "name"});
  route.port_name = text_at(backend, {"service", "port", "name"});
  route.port_number = integer_at(backend, {"service", "port", "number"}).value_or(0);
  return route;
}

// Prefix paths match whole elements: /api matches /api and /api/x, not /apis.
bool prefix_matches(std::string_view prefix, std::string_view path) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || path[prefix.size()] == '/';
}

std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos) return host;
  return host.substr(0, colon);
}

}  // namespace

IngressRoutes::IngressRoutes(const std::vector<ObjectPtr>& ingresses, std::string_view class_name) {
  for (const ObjectPtr& ingress : ingresses) {
    if (is_of_class(*ingress, class_name)) add(*ingress);
  }
  // nginx looks at exact locations first, then at the longest prefix.
  for (auto& [host, locations] : servers_) {
    const auto before = [](const Location& left, const Location& right) {
      if (left.exact != right.exact) return left.exact;
      return left.path.size() > right.path.size();
    };
    // Of equals the first counts, so their order must stay. std::stable_sort would do, but libstdc++ 12 makes
    // it use a function that is deprecated, which clang does not forgive.
    for (auto next = locations.begin(); next != locations.end(); ++next) {
      std::rotate(std::upper_bound(locations.begin(), next, *next, before), next, std::next(next));
    }
  }
}

bool IngressRoutes::is_of_class(const Object& ingress, std::string_view class_name) {
  const std::string_view named = text_at(ingress, {"spec", "ingressClassName"});
  return named.empty() ? annotation(ingress, "kubernetes.io/ingress.class") == class_name
                       : named == class_name;
}

void IngressRoutes::add(const Object& ingress) {
  IngressRoute base;
  base.service.ns = namespace_of(ingress);
  base.service_upstream = annotation(ingress, "nginx.ingress.kubernetes.io/service-upstream") == "true";
  base.connect_timeout = seconds(annotation(ingress, "nginx.ingress.kubernetes.io/proxy-connect-timeout"));
  base.read_timeout = seconds(annotation(ingress, "nginx.ingress.kubernetes.io/proxy-read-timeout"));
  if (const Object* backend = find_object(ingress, {"spec", "defaultBackend"});
      backend && !default_backend_) {
    default_backend_ = to_backend(*backend, base);
  }
  for (const json::value& rule : items_at(ingress, {"spec", "rules"})) {
    if (rule.is_object()) add_rule(rule.get_object(), base);
  }
}

void IngressRoutes::add_rule(const Object& rule, const IngressRoute& base) {
  Locations& locations = servers_[lower(text_at(rule, {"host"}))];
  for (const json::value& item : items_at(rule, {"http", "paths"})) {
    if (!item.is_object()) continue;
    const Object& path = item.get_object();
    Location location;
    location.path = text_at(path, {"path"});
    if (location.path.empty()) location.path = "/";
    location.exact = text_at(path, {"pathType"}) == "Exact";
    location.route = to_backend(fields_at(path, {"backend"}), base);
    // Of two Ingresses with the same location the first keeps it.
    const bool taken = std::ranges::any_of(locations, [&](const Location& other) {
      return other.path == location.path && other.exact == location.exact;
    });
    if (!taken) locations.push_back(std::move(location));
  }
}

const IngressRoutes::Locations* IngressRoutes::server(std::string_view host) const {
  const std::string name = lower(without_port(host));
  if (const auto exact = servers_.find(name); exact != servers_.end() && !name.empty()) return &exact->second;
  if (const auto dot = name.find('.'); dot != std::string::npos) {
    if (const auto wildcard = servers_.find("*" + name.substr(dot)); wildcard != servers_.end()) {
      return &wildcard->second;
    }
  }
  const auto any = servers_.find("");
  return any == servers_.end() ? nullptr : &any->second;
}

const IngressRoute* IngressRoutes::match(std::string_view host, std::string_view path) const {
  if (const Locations* locations = server(host)) {
    for (const Location& location : *locations) {
      if (location.exact ? path == location.path : prefix_matches(location.path, path))
        return &location.route;
    }
  }
  return default_backend_ ? &*default_backend_ : nullptr;
}

}  // namespace meshdrill::lab
