// What a file may hold, noted by the reader of that file itself: a MapReader made for recording notes each
// key that it is asked for, with its type and range. Schemas and reference pages come from it, so that they
// cannot name a key that the reader does not know.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill {

enum class ValueKind {
  unknown,
  string,
  integer,
  boolean,
  choice,      // one of `allowed`
  strings,     // a list of strings
  string_map,  // a map of any keys to strings
  map,         // with `keys`
  maps,        // a list of maps with `keys`
  named_maps,  // a map of any keys to maps with `keys`
};

struct KeyShape {
  std::string key;
  ValueKind kind = ValueKind::unknown;
  bool required = false;
  std::int64_t minimum = std::numeric_limits<std::int64_t>::min();  // Kind integer, both included
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> allowed;  // the choices; of a map, words that may stand instead of it
  std::string pattern;               // regular expression for a string, or for each of a list; empty: any
  std::vector<KeyShape> keys;        // in the order in which the reader asks for them

  // The shape of one of `keys`, added when there is none of that name.
  KeyShape& at(std::string_view name);
};

// Patterns for values that several readers know.
namespace pattern {
// As parse_duration() reads them.
inline constexpr std::string_view duration = "^(0|([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+)$";
inline constexpr std::string_view ip = "^[0-9a-fA-F:.]+$";
inline constexpr std::string_view prefix = "^[0-9a-fA-F:.]+/[0-9]{1,3}$";
}  // namespace pattern

// What is said of a key to people. `path` is the keys from the top with dots between them, "[]" behind a list
// and "*" for any one key: "clusters[].apiserver.port", "expect.*.errors".
struct KeyMeaning {
  std::string_view path;
  std::string_view default_value;  // as YAML; empty: none, or `meaning` says where it comes from
  std::string_view meaning;        // Markdown
};

// Whether a row with `row` for its path is about `path`.
bool is_about(std::string_view row, std::string_view path);

// The row of `meanings` for `path`. A key of a cluster that has no row of its own means what the same key
// means at the top ("clusters[].cilium.version": "cilium.version").
const KeyMeaning* find_meaning(std::span<const KeyMeaning> meanings, std::string_view path);

// The paths of keys without a row, and of rows without a key. None is as it should be.
std::vector<std::string> unmatched_keys(const KeyShape& root, std::span<const KeyMeaning> meanings);

}  // namespace meshdrill
