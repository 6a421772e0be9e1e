#include "kube/yaml11.hpp"

#include <algorithm>
#include <array>

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

// Takes the characters of `set` off the front of `text` and says how many there were.
std::size_t skip(std::string_view& text, std::string_view set) {
  const std::size_t count = std::min(text.find_first_not_of(set), text.size());
  text.remove_prefix(count);
  return count;
}

// "x1F" and "b01" and "o17", after their leading zero.
bool is_radix_rest(std::string_view text) {
  if (text.size() < 2) return false;
  std::string_view digits;
  if (text.front() == 'x') digits = "0123456789abcdefABCDEF_";
  if (text.front() == 'b') digits = "01_";
  if (text.front() == 'o') digits = "01234567_";
  return !digits.empty() && text.find_first_not_of(digits, 1) == std::string_view::npos;
}

// "1_000", "1.", ".5", "1e3": decimal digits with a point, an exponent or neither.
bool is_decimal(std::string_view text) {
  static constexpr std::string_view digits = "0123456789";
  if (text.starts_with('_')) return false;
  const std::size_t whole = skip(text, "0123456789_");
  std::size_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = skip(text, digits);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return skip(text, digits) != 0 && text.empty();
}

bool is_number(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  return is_decimal(text) || (text.starts_with('0') && is_radix_rest(text.substr(1)));
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
  return is_number(text) ? PlainType::number : PlainType::string;
}

}  // namespace meshdrill::kube
