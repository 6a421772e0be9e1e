#include "base/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

namespace meshdrill {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// Longest names first, so that "ms" is not read as "m".
constexpr std::array<Unit, 6> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"ms", 1'000'000},
                                     {"s", 1'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"h", 3'600'000'000'000}}};

const Unit* leading_unit(std::string_view text) {
  for (const Unit& unit : units) {
    if (text.starts_with(unit.name)) return &unit;
  }
  return nullptr;
}

tl::unexpected<Error> no_duration(std::string_view text) {
  return fail(fmt::format("expected a duration such as 500ms, 30s or 1m30s, got \"{}\"", text));
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  if (text.empty()) return no_duration(text);
  double total = 0;
  for (std::string_view rest = text; !rest.empty();) {
    if (rest.find_first_of("0123456789.") != 0) return no_duration(text);
    double number = 0;
    const auto [end, status] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (status != std::errc{}) return no_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const Unit* unit = leading_unit(rest);
    if (unit == nullptr) return no_duration(text);
    rest.remove_prefix(unit->name.size());
    total += number * static_cast<double>(unit->nanoseconds);
  }
  if (total >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) {
    return fail(fmt::format("the duration \"{}\" is too long", text));
  }
  return Duration{std::llround(total)};
}

std::string format_duration(Duration duration) {
  using std::chrono::microseconds;
  const std::int64_t us = std::chrono::round<microseconds>(duration).count();
  if (us < 0) return fmt::format("-{}", format_duration(-duration));
  if (us < 1'000) return fmt::format("{}us", us);
  if (us < 1'000'000) return fmt::format("{}ms", static_cast<double>(us) / 1e3);
  const std::int64_t minutes = us / 60'000'000;
  const double seconds = static_cast<double>(us % 60'000'000) / 1e6;
  if (minutes == 0) return fmt::format("{}s", seconds);
  std::string text = minutes >= 60 ? fmt::format("{}h", minutes / 60) : std::string{};
  if (minutes % 60 != 0) text += fmt::format("{}m", minutes % 60);
  if (seconds > 0) text += fmt::format("{}s", seconds);
  return text;
}

}  // namespace meshdrill
