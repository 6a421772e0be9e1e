#pragma once

#include <span>
#include <string_view>

namespace meshdrill::mesh {

struct RuleMeaning {
  std::string_view id;
  std::string_view meaning;  // one sentence, for tools that list rules
};

// Every rule that a finding about a mesh file, Helm values or a generated folder can name, sorted by id;
// docs/reference/check.md says more of each.
std::span<const RuleMeaning> rule_table();

}  // namespace meshdrill::mesh
