#include "base/base64.hpp"

#include <cstdint>

#include <openssl/evp.h>

namespace meshdrill {

std::string encode_base64(std::string_view bytes) {
  // EVP_EncodeBlock writes four characters for three bytes, and a terminating zero.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

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

}  // namespace meshdrill
