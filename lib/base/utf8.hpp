#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill {

struct NonText {
  std::size_t offset = 0;  // of the first byte that is wrong
  std::string what;        // "byte 0xff does not belong there"
};

// How many bytes the character at the front of `text`, which is not empty, has; 0 when it is none.
std::size_t character_length(std::string_view text);

// The first thing in `text` that is no UTF-8 (RFC 3629), or a control character other than tab, line feed and
// carriage return. YAML has none of them, and a reader may take one for the end of the file.
std::optional<NonText> find_non_text(std::string_view text);

}  // namespace meshdrill
