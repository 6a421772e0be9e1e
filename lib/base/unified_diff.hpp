// What changed between two texts, as `diff -u` shows it.
#pragma once

#include <string>
#include <string_view>

namespace meshdrill {

// The headers "--- before_name" and "+++ after_name" and the hunks, with three lines of context; empty when
// the texts are equal. A last line without a newline is marked as diff marks it.
std::string unified_diff(std::string_view before, std::string_view after, std::string_view before_name,
                         std::string_view after_name);

}  // namespace meshdrill
