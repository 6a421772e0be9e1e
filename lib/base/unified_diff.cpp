#include "base/unified_diff.hpp"

#include <dtl/dtl.hpp>
#include <sstream>
#include <vector>

#include <fmt/format.h>

namespace meshdrill {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    // It is part of the line, so that a line with a newline and one without differ.
    const bool last = end == std::string_view::npos;
    lines.push_back(last ? fmt::format("{}\n\\ No newline at end of file", text)
                         : std::string{text.substr(0, end)});
    text.remove_prefix(last ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after, std::string_view before_name,
                         std::string_view after_name) {
  if (before == after) return {};
  dtl::Diff<std::string, Lines> diff{lines_of(before), lines_of(after)};
  diff.onHuge();
  diff.compose();
  diff.composeUnifiedHunks();
  std::ostringstream hunks;
  diff.printUnifiedFormat(hunks);
  std::string text = hunks.str();
  // Of an empty text diff says line 0, the library line 1.
  if (before.empty()) text.replace(0, std::string_view{"@@ -1,0"}.size(), "@@ -0,0");
  if (after.empty()) text.replace(text.find("+1,0"), std::string_view{"+1,0"}.size(), "+0,0");
  return fmt::format("--- {}\n+++ {}\n{}", before_name, after_name, text);
}

}  // namespace meshdrill
