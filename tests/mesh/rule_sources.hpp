// Which rules the code names, as it stands in the source tree.
#pragma once

#include "base/files.hpp"
#include "mesh/mesh_text.hpp"
#include "mesh/rule_table.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace meshdrill::mesh {

// All .cpp files below a folder of the source tree, but for the table itself.
inline std::string sources_below(std::string_view folder) {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{source_folder() / folder}) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "rule_table.cpp") continue;
    text += read_file(entry.path()).value();
  }
  return text;
}

inline bool names_rule(const std::string& sources, std::string_view id) {
  return sources.find(fmt::format("\"{}\"", id)) != std::string::npos;
}

inline bool is_rule(std::string_view id) {
  const auto rules = rule_table();
  return std::any_of(rules.begin(), rules.end(), [&](const RuleMeaning& rule) { return rule.id == id; });
}

}  // namespace meshdrill::mesh
