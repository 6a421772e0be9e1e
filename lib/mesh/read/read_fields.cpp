#include "mesh/read/read_fields.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

// Parses each string of the list under `key`, or the single string there.
template <class T, class Parse>
std::vector<T> read_parsed(MapReader& map, std::string_view key, std::string_view pattern, Parse parse) {
  std::vector<T> values;
  map.note(key, ValueKind::strings, pattern);
  const Node* list = map.find(key);
  if (list == nullptr) return values;
  if (list->kind != Node::Kind::sequence) {
    map.error(*list, key, "expected a list", "Put the value in brackets: [value].");
    return values;
  }
  for (const Node& item : list->items) {
    const Result<std::string> text = read_string(item);
    if (!text) {
      map.error(item, key, text.error().message);
      continue;
    }
    const auto value = parse(*text);
    if (value) {
      values.push_back({*value, item.where});
    } else {
      map.error(item, key, value.error().message, {}, "address-form");
    }
  }
  return values;
}

}  // namespace

int read_port(MapReader& map, std::string_view key, int otherwise) {
  return static_cast<int>(map.integer(key, 1, 65535).value_or(otherwise));
}

std::optional<IpPrefix> read_prefix(MapReader& map, std::string_view key) {
  const std::optional<std::string> text = map.string(key);
  map.note(key, ValueKind::string, pattern::prefix);
  if (!text) return std::nullopt;
  const Result<IpPrefix> prefix = parse_prefix(*text);
  if (prefix) return *prefix;
  map.error(*map.find(key), key, prefix.error().message, {}, "address-form");
  return std::nullopt;
}

std::vector<LocatedPrefix> read_prefixes(MapReader& map, std::string_view key) {
  return read_parsed<LocatedPrefix>(map, key, pattern::prefix, parse_prefix);
}

std::vector<LocatedAddress> read_addresses(MapReader& map, std::string_view key) {
  return read_parsed<LocatedAddress>(map, key, pattern::ip, parse_ip);
}

std::map<std::string, std::string> read_string_map(MapReader& map, std::string_view key) {
  std::map<std::string, std::string> values;
  map.note(key, ValueKind::string_map);
  const Node* node = map.find(key);
  if (node == nullptr) return values;
  if (node->kind != Node::Kind::map) {
    map.error(*node, key, "expected a map of strings");
    return values;
  }
  for (const Node::Entry& entry : node->entries) {
    const Result<std::string> value = read_string(entry.value);
    if (value) {
      values.emplace(entry.key, *value);
    } else {
      map.error(entry.value, fmt::format("{}.{}", key, entry.key), value.error().message);
    }
  }
  return values;
}

void read_ipam(MapReader& map, Ipam& ipam) {
  read_name(map, "ipam",
            {Ipam::cluster_pool, Ipam::kubernetes, Ipam::eni, Ipam::azure, Ipam::alibabacloud,
             Ipam::delegated_plugin},
            [&](Ipam value) { ipam = value; });
}

Location where_of(const MapReader& map, std::string_view key) {
  const Node* value = map.node().find(key);
  return value == nullptr ? map.node().where : value->where;
}

std::string read_header(MapReader& map, std::string_view kind) {
  std::string name;
  for (const std::string_view key : {"apiVersion", "kind", "metadata"}) map.require(key);
  map.choice("apiVersion", {"meshdrill/v1"});
  map.choice("kind", {kind});
  map.section("metadata", [&](MapReader& metadata) {
    metadata.require("name");
    name = metadata.string("name").value_or("");
  });
  return name;
}

}  // namespace meshdrill::mesh
