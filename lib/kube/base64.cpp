#include "kube/base64.hpp"

#include <cstdint>

namespace meshdrill::kube {

std::optional<std::string> decode_base64(std::string_view text) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string decoded;
  std::uint32_t group = 0;
  int characters = 0;  // of the present group of four
  int padding = 0;
  for (const char character : text) {
    if (character == '\n' || character == '\r') continue;
    const bool pads = character == '=';
    const auto value = alphabet.find(character);
    if (padding != 0 ? !pads : (!pads && value == std::string_view::npos)) return std::nullopt;
    padding += pads ? 1 : 0;
    group = (group << 6U) | (pads ? 0U : static_cast<std::uint32_t>(value));
    if (++characters < 4) continue;
    if (padding > 2) return std::nullopt;
    for (int byte = 0; byte < 3 - padding; ++byte)
      decoded += static_cast<char>(group >> (16U - 8U * static_cast<unsigned>(byte)) & 0xFFU);
    group = 0;
    characters = 0;
    // Nothing may follow a padded group; `padding` stays set, and three more would be refused above.
    if (padding != 0) padding = 3;
  }
  if (characters != 0) return std::nullopt;
  return decoded;
}

}  // namespace meshdrill::kube
