#include "lab/api/api_route.hpp"

#include <span>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace meshdrill::lab {

namespace {

using Segments = std::span<const std::string>;

std::string verb_of(std::string_view method, const Route& route, bool watch) {
  if (method == "GET" || method == "HEAD") {
    if (watch) return "watch";
    return route.name.empty() ? "list" : "get";
  }
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return route.name.empty() ? "deletecollection" : "delete";
  return {};
}

bool has_subresource(const ResourceType& type, std::string_view name) {
  if (name.empty()) return true;
  if (name == "status") return type.status;
  if (name == "scale") return type.scale;
  return type.plural == "pods" && (name == "exec" || name == "proxy");
}

// The path after "/api/v1" or "/apis/GROUP/VERSION": [namespaces NS] PLURAL [NAME [SUBRESOURCE]].
std::optional<Route> find_objects(std::string_view group, std::string_view version, Segments rest) {
  Route route;
  // Below a namespace stand objects of other resources, unless it is the namespace's own subresource.
  const bool own = rest.size() == 3 && (rest[2] == "status" || rest[2] == "finalize");
  if (rest.size() >= 3 && rest[0] == "namespaces" && !own) {
    route.ns = rest[1];
    rest = rest.subspan(2);
  }
  if (rest.size() >= 3 && rest[0] == "pods" && rest[2] == "proxy") {
    for (const std::string& segment : rest.subspan(3)) route.proxied += "/" + segment;
    rest = rest.first(3);
  }
  if (rest.empty() || rest.size() > 3) return std::nullopt;
  route.type = find_resource(group, version, rest[0]);
  if (route.type == nullptr || (!route.ns.empty() && !route.type->namespaced)) return std::nullopt;
  if (rest.size() > 1) route.name = rest[1];
  if (rest.size() > 2) route.subresource = rest[2];
  if (!has_subresource(*route.type, route.subresource)) return std::nullopt;
  if (!route.name.empty() && route.type->namespaced && route.ns.empty()) return std::nullopt;
  return route;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Takes the part of `text` before the first `separator` away from it.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return trim(part);
}

std::optional<Form> form_of(std::string_view media) {
  const std::string_view type = take(media, ';');
  if (type != "application/json" && type != "*/*" && type != "application/*") return std::nullopt;
  std::string_view as;
  std::string_view group;
  std::string_view version;
  while (!media.empty()) {
    std::string_view value = take(media, ';');
    const std::string_view key = take(value, '=');
    if (key == "as") as = value;
    if (key == "g") group = value;
    if (key == "v") version = value;
  }
  if (as.empty()) return Form::plain;
  if (group != "meta.k8s.io" || version != "v1") return std::nullopt;
  if (as == "Table") return Form::table;
  if (as == "PartialObjectMetadata" || as == "PartialObjectMetadataList") return Form::metadata;
  return std::nullopt;
}

}  // namespace

std::string_view Target::option(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

bool Target::flag(std::string_view name) const {
  const auto found = query.find(name);
  return found != query.end() && found->second != "false" && found->second != "0";
}

std::optional<Target> parse_target(std::string_view target) {
  const auto url = boost::urls::parse_origin_form({target.data(), target.size()});
  if (!url) return std::nullopt;
  Target parsed;
  for (const auto& segment : url->segments()) {
    if (!segment.empty()) parsed.segments.emplace_back(segment.begin(), segment.end());
  }
  boost::urls::encoding_opts options;
  options.space_as_plus = true;
  for (const auto& param : url->params(options)) {
    parsed.query.emplace(std::string(param.key.begin(), param.key.end()),
                         std::string(param.value.begin(), param.value.end()));
  }
  return parsed;
}

std::string resource_path(const Route& route) {
  std::string path(route.type->plural);
  if (!route.subresource.empty()) path += "/" + route.subresource;
  return path;
}

std::optional<Route> find_route(const Target& target, std::string_view method) {
  const Segments segments(target.segments);
  std::optional<Route> route;
  if (segments.size() > 2 && segments[0] == "api") {
    route = find_objects("", segments[1], segments.subspan(2));
  } else if (segments.size() > 3 && segments[0] == "apis") {
    route = find_objects(segments[1], segments[2], segments.subspan(3));
  }
  if (route) route->verb = verb_of(method, *route, target.flag("watch"));
  return route;
}

std::optional<Form> negotiate(std::string_view accept) {
  if (trim(accept).empty()) return Form::plain;
  while (!accept.empty()) {
    if (const auto form = form_of(take(accept, ','))) return form;
  }
  return std::nullopt;
}

}  // namespace meshdrill::lab
