#include "lab/api/protobuf.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// The content of one field of this wire type, taken off `bytes`.
std::optional<std::string_view> take_content(std::string_view& bytes, std::uint64_t wire_type) {
  std::size_t skipped = 0;
  if (wire_type == 0) return take_varint(bytes) ? std::optional(std::string_view()) : std::nullopt;
  if (wire_type == 2) {
    const auto size = take_varint(bytes);
    if (!size || *size > bytes.size()) return std::nullopt;
    const std::string_view content = bytes.substr(0, *size);
    bytes.remove_prefix(*size);
    return content;
  }
  if (wire_type == 1) skipped = 8;
  if (wire_type == 5) skipped = 4;
  if (skipped == 0 || bytes.size() < skipped) return std::nullopt;
  bytes.remove_prefix(skipped);
  return std::string_view();
}

std::string_view find_field(const std::vector<ProtobufField>& fields, unsigned number) {
  for (const ProtobufField& field : fields) {
    if (field.number == number) return field.content;
  }
  return {};
}

// Numbers and names of ResourceAttributes in k8s.io/api/authorization/v1/generated.proto.
constexpr std::array<std::pair<unsigned, std::string_view>, 7> kAttributes{{{1, "namespace"},
                                                                            {2, "verb"},
                                                                            {3, "group"},
                                                                            {4, "version"},
                                                                            {5, "resource"},
                                                                            {6, "subresource"},
                                                                            {7, "name"}}};

std::optional<json::object> spec_from(std::string_view message) {
  const auto spec = parse_protobuf(message);
  if (!spec) return std::nullopt;
  json::object result;
  for (const ProtobufField& field : *spec) {
    const auto attributes = parse_protobuf(field.content);
    if (!attributes) return std::nullopt;
    json::object values;
    if (field.number == 1) {
      for (const auto& [number, name] : kAttributes) values[name] = find_field(*attributes, number);
      result["resourceAttributes"] = std::move(values);
    } else if (field.number == 2) {
      values["path"] = find_field(*attributes, 1);
      values["verb"] = find_field(*attributes, 2);
      result["nonResourceAttributes"] = std::move(values);
    }
  }
  return result;
}

}  // namespace

std::string protobuf_field(unsigned number, std::string_view content) {
  std::string bytes;
  const auto varint = [&](std::size_t value) {
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(0x80U | (value & 0x7fU));
    bytes += static_cast<char>(value);
  };
  varint(std::size_t{number} << 3 | 2);
  varint(content.size());
  return bytes.append(content);
}

std::optional<std::vector<ProtobufField>> parse_protobuf(std::string_view message) {
  std::vector<ProtobufField> fields;
  while (!message.empty()) {
    const auto tag = take_varint(message);
    if (!tag) return std::nullopt;
    const auto content = take_content(message, *tag & 7);
    if (!content) return std::nullopt;
    fields.push_back({.number = static_cast<unsigned>(*tag >> 3), .content = *content});
  }
  return fields;
}

std::optional<json::object> review_from_protobuf(std::string_view body) {
  constexpr std::string_view magic("k8s\0", 4);
  if (!body.starts_with(magic)) return std::nullopt;
  const auto envelope = parse_protobuf(body.substr(magic.size()));  // runtime.Unknown: 1 type, 2 raw
  if (!envelope) return std::nullopt;
  const auto type = parse_protobuf(find_field(*envelope, 1));
  const auto raw = parse_protobuf(find_field(*envelope, 2));
  if (!type || !raw) return std::nullopt;
  const std::string_view version = find_field(*type, 1);
  const std::string_view kind = find_field(*type, 2);
  auto spec = spec_from(find_field(*raw, 2));
  if (!spec) return std::nullopt;
  return json::object{{"apiVersion", version}, {"kind", kind}, {"spec", *std::move(spec)}};
}

}  // namespace meshdrill::lab
