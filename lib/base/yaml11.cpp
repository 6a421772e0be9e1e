#include "base/yaml11.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>

namespace meshdrill {
namespace {

using Type = Yaml11Scalar::Type;

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

std::optional<Yaml11Scalar> word(std::string_view text) {
  struct Word {
    std::string_view lower;
    Yaml11Scalar value;
  };
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr std::array<Word, 9> words{{{"y", {Type::boolean, true}},
                                              {"yes", {Type::boolean, true}},
                                              {"on", {Type::boolean, true}},
                                              {"true", {Type::boolean, true}},
                                              {"n", {Type::boolean, false}},
                                              {"no", {Type::boolean, false}},
                                              {"off", {Type::boolean, false}},
                                              {"false", {Type::boolean, false}},
                                              {"null", {Type::null}}}};
  if (text.empty() || text == "~") return Yaml11Scalar{Type::null};
  for (const Word& known : words) {
    if (is_word(text, known.lower)) return known.value;
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return Yaml11Scalar{Type::number, false, std::numeric_limits<double>::quiet_NaN()};
  }
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") {
    return Yaml11Scalar{Type::number, false, negative ? -infinity : infinity};
  }
  return std::nullopt;
}

// strconv.ParseInt(text, 0, 64), then ParseUint: 0x, 0b, 0o or a plain 0 in front choose the base.
std::optional<double> integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool sign = negative || text.starts_with('+');
  if (sign) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text.front() == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  std::uint64_t value = 0;
  const auto [stop, status] = std::from_chars(text.begin(), text.end(), value, base);
  if (status != std::errc{} || stop != text.end()) return std::nullopt;
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  if (sign && value > largest + (negative ? 1 : 0)) return std::nullopt;
  return negative ? -static_cast<double>(value) : static_cast<double>(value);
}

std::size_t skip_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_decimal(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  std::size_t digits = skip_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += skip_digits(text);
  }
  if (digits == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return skip_digits(text) != 0 && text.empty();
}

}  // namespace

Yaml11Scalar resolve_yaml11(std::string_view plain) {
  if (const auto known = word(plain)) return *known;
  if (std::string_view{"+-.0123456789"}.find(plain.front()) == std::string_view::npos) return {};
  std::string text{plain};
  // A number that starts with a point is read by another rule, which knows no underscores.
  if (plain.front() != '.') std::erase(text, '_');
  if (const auto number = integer(text)) return {Type::number, false, *number};
  if (!is_decimal(text)) return {};
  const double number = std::strtod(text.c_str(), nullptr);
  if (std::isinf(number)) return {};
  return {Type::number, false, number};
}

}  // namespace meshdrill
