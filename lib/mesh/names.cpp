#include "mesh/names.hpp"

#include "base/ip_prefix.hpp"
#include "base/text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Lower-case letters, digits and '-', with neither end a '-'.
bool is_dashed_word(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

std::optional<std::string> wrong_word(std::string_view name, std::size_t longest) {
  if (name.empty()) return "is empty";
  if (name.size() > longest) {
    return fmt::format("\"{}\" is {} characters long; at most {} are allowed", name, name.size(), longest);
  }
  if (is_dashed_word(name)) return std::nullopt;
  return fmt::format(
      "\"{}\" may hold only lower-case letters, digits and '-', and must start and end with a letter or "
      "digit",
      name);
}

}  // namespace

std::optional<std::string> wrong_cluster_name(std::string_view name) {
  if (name == "default") return "\"default\" is Cilium's name for a cluster that is in no mesh";
  return wrong_word(name, 32);
}

std::optional<std::string> wrong_label(std::string_view name) {
  return wrong_word(name, 63);
}

std::optional<std::string> wrong_service_name(std::string_view name) {
  if (auto wrong = wrong_word(name, 63)) return wrong;
  if (!is_letter(name.front())) return fmt::format("\"{}\" must start with a letter", name);
  return std::nullopt;
}

std::optional<std::string> wrong_port_name(std::string_view name) {
  if (auto wrong = wrong_word(name, 15)) return wrong;
  if (std::none_of(name.begin(), name.end(), is_letter)) {
    return fmt::format("\"{}\" needs at least one letter", name);
  }
  if (name.find("--") != std::string_view::npos) return fmt::format("\"{}\" has two '-' in a row", name);
  return std::nullopt;
}

std::optional<std::string> wrong_host_name(std::string_view name) {
  if (name.empty()) return "is empty";
  if (parse_ip(name)) return fmt::format("\"{}\" is an address; a DNS name is needed", name);
  if (name.size() > 253)
    return fmt::format("a DNS name has at most 253 characters, this has {}", name.size());
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t dot = std::min(name.find('.', start), name.size());
    if (wrong_label(name.substr(start, dot - start))) {
      return fmt::format(
          "\"{}\" is no DNS name: labels of lower-case letters, digits and '-', joined by dots", name);
    }
    start = dot + 1;
  }
  return std::nullopt;
}

std::optional<std::string> wrong_values_key(std::string_view key) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  if (!key.empty() && key.find_first_not_of(allowed) == std::string_view::npos) return std::nullopt;
  return fmt::format("\"{}\" may hold only letters, digits, '-' and '_'", printable(key));
}

std::optional<std::string> wrong_text(std::string_view text) {
  if (text.empty()) return "is empty";
  if (printable(text) == text) return std::nullopt;
  return fmt::format("\"{}\" holds control characters", printable(text));
}

}  // namespace meshdrill::mesh
