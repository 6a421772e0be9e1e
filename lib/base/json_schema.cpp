#include "base/json_schema.hpp"

#include <string>

#include <boost/json/array.hpp>

namespace meshdrill {
namespace {

namespace json = boost::json;

class SchemaWriter {
 public:
  explicit SchemaWriter(std::span<const KeyMeaning> meanings) : meanings_(meanings) {}

  json::object map_of(const KeyShape& shape, const std::string& prefix) {
    json::object properties;
    json::array required;
    for (const KeyShape& key : shape.keys) {
      properties[key.key] = value_of(key, prefix + key.key);
      if (key.required) required.push_back(json::value(key.key));
    }
    json::object schema{
        {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
  }

 private:
  json::object value_of(const KeyShape& shape, const std::string& path) {
    json::object schema = type_of(shape, path);
    const KeyMeaning* meaning = find_meaning(meanings_, path);
    if (meaning == nullptr) return schema;
    schema["description"] = meaning->meaning;
    // What a cluster leaves out is what the mesh says, not the default of the mesh's own key.
    const bool own = is_about(meaning->path, path);
    if (own && !meaning->default_value.empty()) schema["default"] = default_of(shape, meaning->default_value);
    return schema;
  }

  json::object type_of(const KeyShape& shape, const std::string& path) {
    switch (shape.kind) {
      case ValueKind::unknown:
        return {};
      case ValueKind::string:
        return string_of(shape);
      case ValueKind::integer:
        return {{"type", "integer"}, {"minimum", shape.minimum}, {"maximum", shape.maximum}};
      case ValueKind::boolean:
        return {{"type", "boolean"}};
      case ValueKind::choice:
        return words_of(shape);
      case ValueKind::strings:
        return {{"type", "array"}, {"items", string_of(shape)}};
      case ValueKind::string_map:
        return {{"type", "object"}, {"additionalProperties", string_of(shape)}};
      case ValueKind::map:
        if (shape.allowed.empty()) return map_of(shape, path + ".");
        return {{"anyOf", json::array{words_of(shape), map_of(shape, path + ".")}}};
      case ValueKind::maps:
        return {{"type", "array"}, {"items", map_of(shape, path + "[].")}};
      case ValueKind::named_maps:
        break;
    }
    return {{"type", "object"}, {"additionalProperties", map_of(shape, path + ".*.")}};
  }

  static json::object words_of(const KeyShape& shape) {
    json::array allowed;
    for (const std::string& word : shape.allowed) allowed.push_back(json::value(word));
    return {{"enum", std::move(allowed)}};
  }

  // The reader takes any single value for a string, since it sees the text as written; an editor sees the
  // number in `version: 1.18` and would complain of what is none of its business.
  static json::object string_of(const KeyShape& shape) {
    json::object schema{{"type", json::array{"string", "number", "boolean"}}};
    if (!shape.pattern.empty()) schema["pattern"] = shape.pattern;
    return schema;
  }

  static json::value default_of(const KeyShape& shape, std::string_view text) {
    if (shape.kind == ValueKind::integer) return json::value(std::stoll(std::string{text}));
    if (shape.kind == ValueKind::boolean) return json::value(text == "true");
    if (shape.kind == ValueKind::strings || shape.kind == ValueKind::maps) return json::array{};
    return json::value(text);
  }

  std::span<const KeyMeaning> meanings_;
};

}  // namespace

json::object json_schema(const KeyShape& root, std::span<const KeyMeaning> meanings, std::string_view title) {
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  for (auto& [key, value] : SchemaWriter{meanings}.map_of(root, "")) schema[key] = value;
  return schema;
}

}  // namespace meshdrill
