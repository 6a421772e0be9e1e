#include "probe/statistics/condition.hpp"

#include "base/percent.hpp"

#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using Subject = Condition::Subject;
using Comparison = Condition::Comparison;

constexpr std::string_view forms =
    R"("availability >= 99.9%", "errors <= 0.1%", "p99(NAME) <= 200ms", "connect.p90 <= 50ms", "max <= 2s", )"
    R"("outage <= 1s", "share(NAME) = 50% ± 10%", "requests >= 1000", "everyone seen", "balanced")";

struct SubjectName {
  std::string_view name;
  Subject subject;
};
constexpr std::array<SubjectName, 7> subjects{{{"availability", Subject::availability},
                                               {"errors", Subject::errors},
                                               {"outage", Subject::outage},
                                               {"share", Subject::share},
                                               {"requests", Subject::requests},
                                               {"everyone seen", Subject::everyone_seen},
                                               {"balanced", Subject::balanced}}};

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(fmt::format("\"{}\": {}; conditions look like {}", text, why, forms));
}

// The text cut at what compares: "p99(users)", "<=", "200ms".
struct Parts {
  std::string_view subject;
  std::string_view where;
  std::string_view comparison;
  std::string_view value;
};

Result<Parts> cut(std::string_view text) {
  Parts parts;
  // A name in parentheses may hold anything but a parenthesis, so the comparison is looked for behind it.
  const std::size_t open = text.find('(');
  const std::size_t close = open == std::string_view::npos ? open : text.find(')', open);
  if (open != std::string_view::npos && close == std::string_view::npos) return fail("the ) is missing");
  const std::size_t compare = text.find_first_of("<>=", open == std::string_view::npos ? 0 : close);
  if (open != std::string_view::npos) {
    parts.where = trim(text.substr(open + 1, close - open - 1));
    if (parts.where.empty()) return fail("there is nothing between the parentheses");
    if (!trim(text.substr(close + 1, compare - close - 1)).empty())
      return fail("what stands after the ) is not known");
  }
  parts.subject = trim(text.substr(0, std::min(open, compare)));
  if (compare == std::string_view::npos) return parts;
  const std::size_t length =
      text.substr(compare).starts_with("<=") || text.substr(compare).starts_with(">=") ? 2 : 1;
  parts.comparison = text.substr(compare, length);
  parts.value = trim(text.substr(compare + length));
  return parts;
}

// "p99.9" as 0.999.
std::optional<double> parse_quantile(std::string_view text) {
  if (!text.starts_with('p')) return std::nullopt;
  const auto percent = plain_number(text.substr(1));
  if (!percent || *percent <= 0 || *percent >= 100) return std::nullopt;
  return *percent / 100;
}

bool read_subject(std::string_view text, Condition& condition) {
  for (const SubjectName& known : subjects) {
    if (text != known.name) continue;
    condition.subject = known.subject;
    return true;
  }
  if (const std::size_t dot = text.find('.'); dot != std::string_view::npos && !text.starts_with('p')) {
    const auto phase = from_string<PhaseName>(text.substr(0, dot));
    if (!phase) return false;
    condition.phase = *phase;
    text.remove_prefix(dot + 1);
  }
  const auto quantile = parse_quantile(text);
  condition.subject = quantile ? Subject::latency : Subject::slowest;
  condition.quantile = quantile.value_or(1);
  return quantile || text == "max";
}

Result<> read_share(std::string_view value, Condition& condition) {
  for (const std::string_view sign : {"±", "+-", "+/-"}) {
    const std::size_t at = value.find(sign);
    if (at == std::string_view::npos) continue;
    const auto tolerance = parse_share(value.substr(at + sign.size()));
    if (!tolerance) return tl::unexpected(tolerance.error());
    condition.tolerance = *tolerance;
    value = value.substr(0, at);
    break;
  }
  const auto share = parse_share(value);
  if (!share) return tl::unexpected(share.error());
  condition.share = *share;
  return {};
}

Result<> read_value(std::string_view value, Condition& condition) {
  switch (condition.subject) {
    case Subject::availability:
    case Subject::errors:
    case Subject::share:
      return read_share(value, condition);
    case Subject::requests: {
      const auto [end, status] = std::from_chars(value.data(), value.data() + value.size(), condition.count);
      if (status == std::errc{} && end == value.data() + value.size()) return {};
      return fail(fmt::format("\"{}\" is no number of requests", value));
    }
    default: {
      const auto duration = parse_duration(value);
      if (!duration) return tl::unexpected(duration.error());
      condition.duration = std::chrono::duration_cast<std::chrono::microseconds>(*duration);
      return {};
    }
  }
}

// Which way each subject can be compared.
Result<> check_comparison(const Condition& condition) {
  const bool near = condition.comparison == Comparison::near;
  switch (condition.subject) {
    case Subject::share:
      if (condition.where.empty()) return fail("share needs the name of a cluster, as in share(cilium-001)");
      if (near == (condition.tolerance > 0)) return {};
      return fail(near ? "a share is never exactly that; write = 50% ± 10%" : "± goes with = only");
    case Subject::availability:
    case Subject::requests:
      if (condition.comparison == Comparison::at_least && condition.tolerance <= 0) return {};
      return fail("this can only be expected to be >= something");
    default:
      if (condition.comparison == Comparison::at_most && condition.tolerance <= 0) return {};
      return fail("this can only be expected to be <= something");
  }
}

}  // namespace

Result<Condition> parse_condition(std::string_view text) {
  const auto parts = cut(text);
  if (!parts) return refuse(text, parts.error().message);
  Condition condition;
  condition.text = trim(text);
  if (!read_subject(parts->subject, condition))
    return refuse(text, fmt::format("\"{}\" is not known", parts->subject));
  condition.where = parts->where;
  const bool alone = condition.subject == Subject::everyone_seen || condition.subject == Subject::balanced;
  if (alone) {
    if (parts->comparison.empty() && parts->where.empty()) return condition;
    return refuse(text, "this stands by itself");
  }
  if (parts->comparison != "<=" && parts->comparison != ">=" && parts->comparison != "=")
    return refuse(text, "it needs <=, >= or =");
  condition.comparison = parts->comparison == "<="   ? Comparison::at_most
                         : parts->comparison == ">=" ? Comparison::at_least
                                                     : Comparison::near;
  if (const auto read = read_value(parts->value, condition); !read) return refuse(text, read.error().message);
  if (const auto checked = check_comparison(condition); !checked)
    return refuse(text, checked.error().message);
  return condition;
}

}  // namespace meshdrill::probe
