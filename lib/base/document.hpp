// A YAML or JSON file as plain values that remember where they stood. The one place where YAML is parsed:
// yaml-cpp's own nodes take duplicate keys, later documents and "010" silently, and none of that may reach us
// (facts: jbeder/yaml-cpp#657).
#pragma once

#include "base/diagnostic.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill {

struct Node {
  enum class Kind { null, scalar, sequence, map };
  struct Entry;

  Kind kind = Kind::null;
  Location where;
  std::string scalar;  // Kind::scalar: the text as written, without its quotes
  bool quoted =
      false;  // Kind::scalar: was in quotes, or a block scalar; so it is a string whatever it looks like
  std::vector<Node> items;     // Kind::sequence
  std::vector<Entry> entries;  // Kind::map, in file order; keys are unique

  // The value under `key`; nullptr when this is no map or has no such key.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Node::Entry {
  std::string key;
  bool key_quoted = false;
  Location key_where;
  Node value;
};

// Bounds on what is read, so that a hostile file costs little.
struct DocumentLimits {
  std::size_t bytes = std::size_t{1} << 20;  // of the file, and of the text of all values through aliases
  int depth = 32;
  // Of values; a long file may have one for each 6 bytes. Aliases never repeat more than these.
  std::size_t nodes = 50'000;
  bool merge_keys = false;  // hand on "<<" as a key like any other; otherwise it is an error
};

// Parses `text` as exactly one YAML document. `file` names it in the locations. Syntax errors, text that is
// not UTF-8, duplicate keys, several documents, non-scalar keys, tags of an application's own and anything
// over the limits are errors.
Checked<Node> parse_document(std::string_view text, const FileName& file, const DocumentLimits& limits = {});

// The same for a file on disk; a file that cannot be read is a diagnostic too.
Checked<Node> read_document(const std::string& path, const DocumentLimits& limits = {});

}  // namespace meshdrill
