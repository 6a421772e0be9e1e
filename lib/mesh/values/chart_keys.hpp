// Which keys the Cilium charts know in the sections that make a mesh. Their schema forbids no key that it
// does not know, so a misspelt one is dropped without a word (facts: additionalProperties is set nowhere).
#pragma once

#include <string_view>
#include <vector>

namespace meshdrill::mesh::values {

struct ChartKey {
  // What may stand there, as bits; the schema's types. A section has keys of its own here, any_map has keys
  // that the chart does not name.
  enum Type : unsigned {
    text = 1,
    integer = 2,
    number = 4,
    boolean = 8,
    list = 16,
    section = 32,
    any_map = 64,
    null = 128
  };

  std::string_view path;  // "clustermesh.config.domain"
  unsigned types = 0;
  int first_minor = 0;  // of Cilium 1.x
  int last_minor = 0;   // the newest known minor, or the last before it was removed
};

// The row of a path in the sections cluster, clustermesh, externalWorkloads, ipam and tls; nullptr when no
// known chart has it.
const ChartKey* find_chart_key(std::string_view path);

// The last words of the keys right below `path`.
std::vector<std::string_view> chart_keys_under(std::string_view path);

// Whether any known chart has `name` at the top of its values.
bool is_chart_section(std::string_view name);

}  // namespace meshdrill::mesh::values
