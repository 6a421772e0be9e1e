// Values of a mesh or lock file that base's MapReader does not know: IP prefixes and addresses, and maps of
// strings. Each reports what is wrong at the place where it stands.
#pragma once

#include "base/document_reader.hpp"
#include "mesh/model.hpp"

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::mesh {

// A TCP port, or `otherwise`.
int read_port(MapReader& map, std::string_view key, int otherwise);
std::optional<IpPrefix> read_prefix(MapReader& map, std::string_view key);
std::vector<LocatedPrefix> read_prefixes(MapReader& map, std::string_view key);
std::vector<LocatedAddress> read_addresses(MapReader& map, std::string_view key);
std::map<std::string, std::string> read_string_map(MapReader& map, std::string_view key);

// Calls `take` with that of `values` whose name_of() stands under `key`.
template <class T, class Take>
void read_name(MapReader& map, std::string_view key, std::initializer_list<T> values, Take take) {
  std::vector<std::string_view> names;
  for (const T value : values) names.push_back(name_of(value));
  const auto name = map.choice(key, names);
  for (const T value : values) {
    if (name == name_of(value)) take(value);
  }
}

// `ipam` of a cluster; left alone when it is absent.
void read_ipam(MapReader& map, Ipam& ipam);

// Where the value of `key` stands, or the map itself when it is absent.
Location where_of(const MapReader& map, std::string_view key);

// Reads `apiVersion: meshdrill/v1` and `kind`, and returns metadata.name.
std::string read_header(MapReader& map, std::string_view kind);

}  // namespace meshdrill::mesh
