#include "lab/api/api_decode.hpp"

#include "base/document.hpp"
#include "base/document_reader.hpp"
#include "lab/api/api_status.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/timestamps.hpp"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

// What a YAML scalar that is not quoted stands for in JSON.
json::value plain_scalar(const Node& node) {
  if (node.quoted) return json::value(node.scalar);
  if (const auto boolean = read_boolean(node)) return *boolean;
  if (const auto number = read_integer(node, std::numeric_limits<std::int64_t>::min(),
                                       std::numeric_limits<std::int64_t>::max())) {
    return *number;
  }
  return json::value(node.scalar);
}

json::value to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      return plain_scalar(node);
    case Node::Kind::sequence: {
      json::array list;
      for (const Node& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::map:
      break;
  }
  json::object object;
  for (const Node::Entry& entry : node.entries) object[entry.key] = to_json(entry.value);
  return object;
}

StoreResult<json::value> decode_yaml(std::string_view body) {
  const auto document = parse_document(body, "request");
  if (!document)
    return tl::unexpected(bad_request("error converting YAML to JSON: " + to_string(document.error())));
  return to_json(*document);
}

StoreError cannot_handle(const ResourceType& type, const std::string& why) {
  return bad_request(
      fmt::format(R"({0} in version "{1}" cannot be handled as a {0}: {2})", type.kind, type.version, why));
}

// Exactly six digits: "2006-01-02T15:04:05.000000Z" (metav1.MicroTime).
bool is_micro_time(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && text.size() - dot == 8 && parse_timestamp(text).has_value();
}

std::optional<std::string> wrong_micro_time(const Object& object, Path path) {
  const json::value* const value = find_value(object, path);
  if (value == nullptr || value->is_null() || is_micro_time(text_at(object, path))) return std::nullopt;
  return fmt::format(R"(parsing time {} as "2006-01-02T15:04:05.000000Z07:00")", json::serialize(*value));
}

// The integer fields that drills and controllers act on.
std::optional<std::string> wrong_number(const ResourceType& type, const Object& object) {
  const json::value* const value = find_value(object, {"spec", "replicas"});
  if (value == nullptr || value->is_null() || value->is_int64()) return std::nullopt;
  return fmt::format("json: cannot unmarshal {} into Go struct field {}Spec.spec.replicas of type int32",
                     value->is_string() ? "string" : "value", type.kind);
}

std::optional<std::string> wrong_labels(const Object& object, std::string_view field) {
  const json::value* const labels = find_value(object, {"metadata", field});
  if (labels == nullptr || labels->is_null()) return std::nullopt;
  const std::string where = fmt::format("Go struct field ObjectMeta.metadata.{} of type string", field);
  if (!labels->is_object()) return "json: cannot unmarshal value into " + where;
  for (const json::key_value_pair& label : labels->get_object()) {
    if (label.value().is_string()) continue;
    return fmt::format("json: cannot unmarshal {} into {}", label.value().is_bool() ? "bool" : "number",
                       where);
  }
  return std::nullopt;
}

}  // namespace

StoreResult<json::value> decode_json(std::string_view body) {
  json::parse_options options;
  options.max_depth = 128;  // Kubernetes objects nest deeper than the default of 32
  boost::system::error_code error;
  json::value value = json::parse({body.data(), body.size()}, error, {}, options);
  if (error) {
    return tl::unexpected(
        bad_request("the object provided is unrecognized: couldn't parse JSON: " + error.message()));
  }
  return value;
}

StoreResult<Object> check_types(const ResourceType& type, Object object) {
  for (const std::string_view part : {"metadata", "spec", "status"}) {
    const json::value* const value = object.if_contains(part);
    if (value == nullptr) continue;
    if (value->is_null()) {
      object.erase(part);
    } else if (!value->is_object()) {
      return tl::unexpected(
          cannot_handle(type, fmt::format("json: cannot unmarshal value into Go struct field "
                                          "{}.{}",
                                          type.kind, part)));
    }
  }
  for (const std::string_view field : {"labels", "annotations"}) {
    if (const auto wrong = wrong_labels(object, field)) return tl::unexpected(cannot_handle(type, *wrong));
  }
  auto wrong = wrong_number(type, object);
  if (type.kind == "Lease") {
    for (const std::string_view field : {"acquireTime", "renewTime"}) {
      if (!wrong) wrong = wrong_micro_time(object, {"spec", field});
    }
  }
  if (type.kind == "Event" && !wrong) wrong = wrong_micro_time(object, {"eventTime"});
  if (wrong) return tl::unexpected(cannot_handle(type, *wrong));
  return object;
}

StoreResult<Object> decode_object(const ResourceType& type, std::string_view content_type,
                                  std::string_view body) {
  const std::string_view media = content_type.substr(0, content_type.find(';'));
  const bool yaml = media == "application/yaml" || media == "application/apply-patch+yaml";
  if (!yaml && !media.empty() && media != "application/json") {
    return tl::unexpected(unsupported_media_type("application/json, application/yaml"));
  }
  // JSON is YAML too, and what kubectl sends.
  auto value = decode_json(body);
  if (!value && yaml) value = decode_yaml(body);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (!value->is_object()) return tl::unexpected(bad_request("the body of the request is no object"));
  Object& object = value->get_object();
  const std::string_view kind = text_at(object, {"kind"});
  const std::string_view version = text_at(object, {"apiVersion"});
  if ((!kind.empty() && kind != type.kind) || (!version.empty() && version != api_version(type))) {
    return tl::unexpected(bad_request(fmt::format(
        R"({} in version "{}" cannot be handled as a {}: no kind "{}" is registered for version "{}")", kind,
        version, type.kind, kind, version)));
  }
  object["kind"] = type.kind;
  object["apiVersion"] = api_version(type);
  return check_types(type, std::move(object));
}

}  // namespace meshdrill::lab
