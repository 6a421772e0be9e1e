#include "base/utf8.hpp"

#include <fmt/format.h>

namespace meshdrill {
namespace {

bool continues(std::string_view text, std::size_t at, unsigned char low, unsigned char high) {
  const auto byte = at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  return byte >= low && byte <= high;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

}  // namespace

// RFC 3629, section 4.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return continues(text, 1, 0x80, 0xBF) ? 2 : 0;
  const bool third = continues(text, 2, 0x80, 0xBF);
  if (lead < 0xF0) {
    // No overlong forms, no surrogates.
    return third && continues(text, 1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) ? 3 : 0;
  }
  const bool fourth = third && continues(text, 3, 0x80, 0xBF);
  return fourth && continues(text, 1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) ? 4 : 0;
}

std::optional<NonText> find_non_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++at;
      continue;
    }
    if (is_control(text[at])) return NonText{at, fmt::format("control character 0x{:02x}", byte)};
    const std::size_t length = character_length(text.substr(at));
    if (length == 0) return NonText{at, fmt::format("byte 0x{:02x} does not belong there", byte)};
    at += length;
  }
  return std::nullopt;
}

}  // namespace meshdrill
