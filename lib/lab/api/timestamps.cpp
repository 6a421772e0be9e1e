#include "lab/api/timestamps.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {

std::string to_timestamp(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) {
  // Digits stand where a pattern has '0'.
  constexpr std::string_view pattern = "0000-00-00T00:00:00";
  if (text.size() <= pattern.size() || text.back() != 'Z') return std::nullopt;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '0' ? !digit(text[i]) : text[i] != pattern[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(at, count)) value = value * 10 + (c - '0');
    return value;
  };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;
  std::chrono::nanoseconds fraction(0);
  std::string_view rest = text.substr(pattern.size(), text.size() - pattern.size() - 1);
  if (!rest.empty()) {
    if (rest.front() != '.' || rest.size() == 1) return std::nullopt;
    std::chrono::nanoseconds unit(100'000'000);
    for (const char c : rest.substr(1)) {
      if (!digit(c)) return std::nullopt;
      fraction += unit * (c - '0');
      unit /= 10;
    }
  }
  return std::chrono::sys_days(date) + std::chrono::hours(number(11, 2)) +
         std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2)) +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(fraction);
}

}  // namespace meshdrill::lab
