// The two readers behind parse_document(). Nearly every file that people keep is simple YAML, which one pass
// reads some twenty times as fast as yaml-cpp; all that is not simple, and all that is wrong, is left to
// yaml-cpp.
#pragma once

#include "base/document.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace meshdrill {

// What a value of a long list takes, and more: "1.2.3.4,". A file may hold as many as it has room for.
inline constexpr std::size_t shortest_value = 6;

// What read_any_yaml() would return, when each line of `text` is a comment or one of `key:`, `key: value`,
// `- value` and `- key: value`, and each value is on its line: a plain word, a string in quotes without
// escapes or a flow collection. Otherwise nothing, and the same for what breaks a limit or has a key twice.
// `text` is valid UTF-8 without control characters.
std::optional<Node> read_simple_yaml(std::string_view text, const FileName& file,
                                     const DocumentLimits& limits);

// Everything, with yaml-cpp.
Checked<Node> read_any_yaml(std::string_view text, const FileName& file, const DocumentLimits& limits);

}  // namespace meshdrill
