#include "lab/random_names.hpp"

#include <cstdint>
#include <string_view>

namespace meshdrill::lab {
namespace {

constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";

}  // namespace

std::string random_suffix(Random& random, std::size_t length) {
  std::uniform_int_distribution<std::size_t> pick(0, alphabet.size() - 1);
  std::string suffix;
  while (suffix.size() < length) suffix += alphabet[pick(random)];
  return suffix;
}

std::string template_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char character : text) {
    hash ^= static_cast<unsigned char>(character);
    hash *= 1099511628211U;
  }
  std::string suffix;
  while (suffix.size() < 10) {
    suffix += alphabet[hash % alphabet.size()];
    hash /= alphabet.size();
  }
  return suffix;
}

}  // namespace meshdrill::lab
