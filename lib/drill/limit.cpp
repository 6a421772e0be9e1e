#include "drill/limit.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

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

}  // namespace

Result<double> parse_share(std::string_view text) {
  const std::string_view clean = trim(text);
  if (!clean.ends_with('%')) return expected("a share such as 10%", text);
  const auto percent = plain_number(trim(clean.substr(0, clean.size() - 1)));
  if (!percent || *percent > 100) return expected("a share from 0% to 100%", text);
  return *percent / 100;
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
