#include "base/percent.hpp"

#include <charconv>

#include <fmt/format.h>

namespace meshdrill {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<double> plain_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<double> parse_share(std::string_view text) {
  const std::string_view clean = trim(text);
  if (!clean.ends_with('%')) return fail(fmt::format("expected a share such as 10%, got \"{}\"", text));
  const auto percent = plain_number(trim(clean.substr(0, clean.size() - 1)));
  if (!percent || *percent > 100)
    return fail(fmt::format("expected a share from 0% to 100%, got \"{}\"", text));
  return *percent / 100;
}

}  // namespace meshdrill
