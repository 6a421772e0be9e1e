#include "drill/limit.hpp"

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

}  // namespace

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
