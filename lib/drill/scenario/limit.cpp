#include "drill/scenario/limit.hpp"

#include <algorithm>
#include <cctype>
#include <regex>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

// `text` without the comparison in front of it; a comparison other than `allowed` is left, and so refused
// further on.
std::string_view without_comparison(std::string_view text, std::string_view allowed) {
  text = trim(text);
  if (text.starts_with(allowed)) text.remove_prefix(allowed.size());
  return trim(text);
}

tl::unexpected<Error> expected(std::string_view form, std::string_view got) {
  return fail(fmt::format("expected {}, got \"{}\"", form, got));
}

constexpr std::array<std::string_view, 7> day_names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::optional<std::size_t> parse_day(std::string_view text) {
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto* found = std::find(day_names.begin(), day_names.end(), lower);
  if (found == day_names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - day_names.begin());
}

// "HH:MM", 00:00 to 24:00.
std::optional<std::chrono::minutes> parse_clock(std::string_view text) {
  static const std::regex clock{R"(([0-2][0-9]):([0-5][0-9]))"};
  std::cmatch match;
  if (!std::regex_match(text.data(), text.data() + text.size(), match, clock)) return std::nullopt;
  const std::chrono::minutes time =
      std::chrono::hours{std::stoi(match[1])} + std::chrono::minutes{std::stoi(match[2])};
  if (time > std::chrono::hours{24}) return std::nullopt;
  return time;
}

// Both ends of "A-B", or "A" alone as both.
std::pair<std::string_view, std::string_view> split_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return {text, text};
  return {text.substr(0, dash), text.substr(dash + 1)};
}

}  // namespace

Result<double> parse_ratio_limit(std::string_view text) {
  std::string_view number = without_comparison(text, "<=");
  const bool times = number.ends_with('x');
  if (times) number.remove_suffix(1);
  const auto ratio = plain_number(number);
  if (!times || !ratio || *ratio <= 0) return expected("an upper limit such as \"<= 2x\"", text);
  return *ratio;
}

Result<Amount> parse_amount(std::string_view text) {
  text = trim(text);
  if (text.ends_with('%')) {
    const auto share = parse_share(text);
    if (!share) return tl::unexpected(share.error());
    return Amount{0, *share};
  }
  const bool digits = !text.empty() && text.size() <= 6 &&
                      text.find_first_not_of("0123456789") == std::string_view::npos &&
                      (text == "0" || text.front() != '0');
  if (!digits) return expected("a number or a share such as 2 or 25%", text);
  return Amount{std::stoi(std::string{text}), std::nullopt};
}

Result<Window> parse_window(std::string_view text) {
  const auto wrong = [&] { return expected("days and hours in UTC such as \"Mon-Fri 09:00-16:00\"", text); };
  const std::string_view whole = trim(text);
  const std::size_t blank = whole.find(' ');
  if (blank == std::string_view::npos) return wrong();
  const auto [first_day, last_day] = split_range(whole.substr(0, blank));
  const auto [begin, end] = split_range(trim(whole.substr(blank)));
  const auto first = parse_day(first_day);
  const auto last = parse_day(last_day);
  const auto from = parse_clock(begin);
  const auto to = parse_clock(end);
  if (!first || !last || !from || !to || *from >= *to) return wrong();
  Window window{{}, *from, *to, std::string{whole}};
  for (std::size_t day = *first;; day = (day + 1) % 7) {
    window.days.at(day) = true;
    if (day == *last) break;
  }
  return window;
}

Result<Duration> parse_duration_limit(std::string_view text) {
  const auto duration = parse_duration(without_comparison(text, "<="));
  if (!duration) return expected("an upper limit such as \"<= 2s\"", text);
  return *duration;
}

Result<double> parse_share_limit(std::string_view text) {
  const auto share = parse_share(without_comparison(text, "<="));
  if (!share) return expected("an upper limit such as \"<= 1%\"", text);
  return *share;
}

Result<double> parse_share_threshold(std::string_view text) {
  const auto share = parse_share(without_comparison(text, ">"));
  if (!share) return expected("a threshold such as \"> 20%\"", text);
  return *share;
}

Result<double> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto count = plain_number(text.substr(0, slash));
  const std::string_view unit = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
  if (!count || (unit != "s" && unit != "m")) return expected("a rate such as 50/s or 600/m", text);
  const double rate = unit == "s" ? *count : *count / 60;
  if (rate <= 0 || rate > 10'000) return fail(fmt::format("the rate {} is outside 0 to 10000/s", text));
  return rate;
}

}  // namespace meshdrill::drill
