#include "lab/api/api_defaults.hpp"
#include "lab/api/json_access.hpp"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

using Causes = std::vector<FieldCause>;

constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and "
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

bool is_label(std::string_view text) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > 253 || !alphanumeric(text.front()) || !alphanumeric(text.back())) {
    return false;
  }
  return std::ranges::all_of(text, [&](char c) { return alphanumeric(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  if (text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

void require(Causes& causes, std::string field, std::string message = {}) {
  causes.push_back({.kind = FieldCause::Kind::required,
                    .field = std::move(field),
                    .value = {},
                    .message = std::move(message)});
}

void reject(Causes& causes, std::string field, const json::value& value, std::string message) {
  causes.push_back({.kind = FieldCause::Kind::invalid,
                    .field = std::move(field),
                    .value = json::serialize(value),
                    .message = std::move(message)});
}

void validate_name(Causes& causes, const ResourceType& type, const Object& object) {
  const std::string_view name = name_of(object);
  if (name.empty()) {
    require(causes, "metadata.name", "name or generateName is required");
    return;
  }
  const bool label = type.kind == "Service" || type.kind == "Namespace";
  if (label ? name.size() > 63 || !is_label(name) : !is_subdomain(name)) {
    reject(causes, "metadata.name", json::value(name), std::string(label ? kLabel : kSubdomain));
  }
}

void validate_count(Causes& causes, const Object& object, std::string_view field) {
  const json::value* const value = find_value(object, {"spec", field});
  if (value == nullptr) return;
  const auto number = integer_at(object, {"spec", field});
  if (!number || *number < 0) {
    reject(causes, fmt::format("spec.{}", field), *value, "must be greater than or equal to 0");
  }
}

void validate_containers(Causes& causes, const json::object& pod, const std::string& path) {
  const json::array* const containers = find_array(pod, {"containers"});
  if (containers == nullptr || containers->empty()) {
    require(causes, path + ".containers");
    return;
  }
  for (std::size_t i = 0; i < containers->size(); ++i) {
    const json::object* const container = (*containers)[i].if_object();
    const std::string at = fmt::format("{}.containers[{}]", path, i);
    if (container == nullptr || text_at(*container, {"name"}).empty()) require(causes, at + ".name");
    if (container == nullptr || text_at(*container, {"image"}).empty()) require(causes, at + ".image");
  }
}

bool labels_match(const Object& object) {
  const json::object* const wanted = find_object(object, {"spec", "selector", "matchLabels"});
  const json::object* const labels = find_object(object, {"spec", "template", "metadata", "labels"});
  if (wanted == nullptr) return true;
  return std::all_of(wanted->begin(), wanted->end(), [&](const json::key_value_pair& entry) {
    const json::value* const value = labels == nullptr ? nullptr : labels->if_contains(entry.key());
    return value != nullptr && *value == entry.value();
  });
}

void validate_workload(Causes& causes, const Object* live, const Object& object) {
  validate_count(causes, object, "replicas");
  const json::object* const selector = find_object(object, {"spec", "selector"});
  if (selector == nullptr || selector->empty()) {
    require(causes, "spec.selector");
  } else if (!labels_match(object)) {
    const json::value* const labels = find_value(object, {"spec", "template", "metadata", "labels"});
    reject(causes, "spec.template.metadata.labels", labels == nullptr ? json::value() : *labels,
           "`selector` does not match template `labels`");
  }
  const json::object* const old = live == nullptr ? nullptr : find_object(*live, {"spec", "selector"});
  if (old != nullptr && selector != nullptr && *old != *selector) {
    reject(causes, "spec.selector", *selector, "field is immutable");
  }
  if (const json::object* const pod = find_object(object, {"spec", "template", "spec"})) {
    validate_containers(causes, *pod, "spec.template.spec");
  }
}

void validate_service(Causes& causes, const Object* live, const Object& object) {
  const std::string_view type = text_at(object, {"spec", "type"});
  if (type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer" && type != "ExternalName") {
    causes.push_back(
        {.kind = FieldCause::Kind::not_supported,
         .field = "spec.type",
         .value = json::serialize(json::value(type)),
         .message = R"(supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort")"});
    return;
  }
  const json::array* const ports = find_array(object, {"spec", "ports"});
  const std::string_view address = text_at(object, {"spec", "clusterIP"});
  if ((ports == nullptr || ports->empty()) && type != "ExternalName" && address != "None") {
    require(causes, "spec.ports");
  }
  for (std::size_t i = 0; ports != nullptr && i < ports->size(); ++i) {
    const json::object* const port = (*ports)[i].if_object();
    const auto number = port == nullptr ? std::nullopt : integer_at(*port, {"port"});
    const std::string at = fmt::format("spec.ports[{}]", i);
    if (!number || *number < 1 || *number > 65535) {
      reject(causes, at + ".port", number.value_or(0), "must be between 1 and 65535, inclusive");
    }
    if (ports->size() > 1 && port != nullptr && text_at(*port, {"name"}).empty())
      require(causes, at + ".name");
  }
  const std::string_view old = live == nullptr ? std::string_view() : text_at(*live, {"spec", "clusterIP"});
  if (!old.empty() && !address.empty() && old != address) {
    reject(causes, "spec.clusterIPs[0]", json::value(address), "may not change once set");
  }
}

void validate_ingress(Causes& causes, const Object& object) {
  const json::array* const rules = find_array(object, {"spec", "rules"});
  const bool backend = find_value(object, {"spec", "defaultBackend"}) != nullptr;
  if (!backend && (rules == nullptr || rules->empty())) {
    reject(causes, "spec", json::object(), "either `defaultBackend` or `rules` must be specified");
  }
  for (std::size_t i = 0; rules != nullptr && i < rules->size(); ++i) {
    if (!(*rules)[i].is_object()) continue;
    const json::array* const paths = find_array((*rules)[i].get_object(), {"http", "paths"});
    for (std::size_t k = 0; paths != nullptr && k < paths->size(); ++k) {
      if ((*paths)[k].is_object() && text_at((*paths)[k].get_object(), {"pathType"}).empty()) {
        require(causes, fmt::format("spec.rules[{}].http.paths[{}].pathType", i, k),
                "pathType must be specified");
      }
    }
  }
}

void validate_lease(Causes& causes, const Object& object) {
  for (const std::string_view field : {"leaseDurationSeconds", "leaseTransitions"}) {
    const json::value* const value = find_value(object, {"spec", field});
    if (value == nullptr) continue;
    const auto number = integer_at(object, {"spec", field});
    const bool duration = field == "leaseDurationSeconds";
    if (!number || *number < (duration ? 1 : 0)) {
      reject(causes, fmt::format("spec.{}", field), *value,
             duration ? "must be greater than 0" : "must be greater than or equal to 0");
    }
  }
}

}  // namespace

std::vector<FieldCause> validate(const ResourceType& type, const Object* live, const Object& object) {
  Causes causes;
  validate_name(causes, type, object);
  const std::string_view kind = type.kind;
  if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet") {
    validate_workload(causes, live, object);
  }
  if (kind == "Pod") validate_containers(causes, *find_object(object, {"spec"}), "spec");
  if (kind == "Service") validate_service(causes, live, object);
  if (kind == "Ingress") validate_ingress(causes, object);
  if (kind == "Lease") validate_lease(causes, object);
  if (kind == "EndpointSlice" && text_at(object, {"addressType"}).empty()) require(causes, "addressType");
  return causes;
}

}  // namespace meshdrill::lab
