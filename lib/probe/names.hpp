// Enumerators as they stand in JSON, journals and text: to_string(value) gives exactly the enumerator's name,
// and from_string<Enum>(text) reads it back. Each enum's header declares both for it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace meshdrill::probe {

template <class Enum>
std::optional<Enum> from_string(std::string_view text) = delete;

// For the definitions: `names` are in the order of the enumerators, which count from 0.
template <class Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace meshdrill::probe
