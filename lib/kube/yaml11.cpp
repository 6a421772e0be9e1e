#include "kube/yaml11.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string>

namespace meshdrill::kube {

namespace {

// "yes", "Yes" or "YES", but not "yEs".
bool is_word(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  const auto upper_of = [](char c) { return static_cast<char>(c - 'a' + 'A'); };
  const bool rest_lower = text.substr(1) == lower.substr(1);
  const bool rest_upper = std::equal(text.begin() + 1, text.end(), lower.begin() + 1,
                                     [&](char given, char wanted) { return given == upper_of(wanted); });
  if (text.front() == lower.front()) return rest_lower;
  return text.front() == upper_of(lower.front()) && (rest_lower || rest_upper);
}

}  // namespace

std::optional<bool> plain_boolean(std::string_view text) {
  static constexpr std::array<std::string_view, 4> yes = {"y", "yes", "on", "true"};
  static constexpr std::array<std::string_view, 4> no = {"n", "no", "off", "false"};
  const auto matches = [&](std::string_view word) { return is_word(text, word); };
  if (std::any_of(yes.begin(), yes.end(), matches)) return true;
  if (std::any_of(no.begin(), no.end(), matches)) return false;
  return std::nullopt;
}

PlainType plain_type(std::string_view text) {
  if (plain_boolean(text)) return PlainType::boolean;
  // Names longer than this are no numbers, and std::regex is recursive.
  if (text.empty() || text.size() > 64) return PlainType::string;
  static const std::regex number(
      "[-+]?("
      "0x[0-9a-fA-F_]+|0b[01_]+|0o?[0-7_]*|[1-9][0-9_]*|"
      "(\\.[0-9]+|[0-9][0-9_]*(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|"
      "\\.(inf|Inf|INF))|"
      "\\.(nan|NaN|NAN)");
  return std::regex_match(text.begin(), text.end(), number) ? PlainType::number : PlainType::string;
}

}  // namespace meshdrill::kube
