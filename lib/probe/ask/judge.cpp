#include "probe/ask/judge.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/regex.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

constexpr std::size_t shown_of_unknown_body = 80;

std::optional<int> parse_status(std::string_view text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  if (error != std::errc{} || end != text.data() + text.size() || status < 100 || status > 599)
    return std::nullopt;
  return status;
}

}  // namespace

struct Judge::BodyPattern {
  boost::regex regex;

  [[nodiscard]] bool found_in(std::string_view body) const {
    try {
      return boost::regex_search(body.data(), body.data() + body.size(), regex);
    } catch (const std::runtime_error&) {  // Boost.Regex gives up on catastrophic backtracking
      return false;
    }
  }
};

Result<StatusSet> parse_statuses(std::string_view text) {
  StatusSet statuses;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    const auto dash = part.find('-');
    const auto first = parse_status(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_status(part.substr(dash + 1));
    if (!first || !last || *last < *first) {
      return fail(
          fmt::format("expected status '{}': not a number from 100 to 599 nor a range like 200-299", part));
    }
    for (int status = *first; status <= *last; ++status) statuses.set(static_cast<std::size_t>(status));
    begin = end + 1;
  }
  return statuses;
}

Result<std::unique_ptr<Judge::BodyPattern>> Judge::compile(const Expectation& expectation) {
  if (expectation.body_regex.empty()) return nullptr;
  try {
    return std::make_unique<BodyPattern>(BodyPattern{boost::regex{expectation.body_regex}});
  } catch (const boost::regex_error& error) {
    return fail("expected body: '" + expectation.body_regex + "' is no regular expression: " + error.what());
  }
}

Result<> Judge::check_body(const Expectation& expectation) {
  if (auto pattern = compile(expectation); !pattern) return tl::unexpected(pattern.error());
  return {};
}

Result<Judge> Judge::make(const ProbeConfig& config, Identifier identifier) {
  const auto statuses = parse_statuses(config.expect.status);
  if (!statuses) return tl::unexpected(statuses.error());
  auto pattern = compile(config.expect);
  if (!pattern) return tl::unexpected(pattern.error());
  return Judge{*statuses, std::move(*pattern), std::move(identifier), !config.identify.addresses.empty()};
}

Judge::Judge(StatusSet statuses, std::unique_ptr<BodyPattern> pattern, Identifier identifier, bool by_address)
    : statuses_(statuses),
      pattern_(std::move(pattern)),
      identifier_(std::move(identifier)),
      by_address_(by_address) {}
Judge::~Judge() = default;
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;

const Judge::Known& Judge::look_at(const AnswerClues& clues) {
  for (const Known& known : known_) {
    if (known.body == clues.body && known.header == clues.header && known.address == clues.address)
      return known;
  }
  Known fresh{std::string{clues.body}, std::string{clues.header}, clues.address,
              !pattern_ || pattern_->found_in(clues.body), identifier_.identify(clues)};
  if (clues.body.size() > longest_known) return latest_ = std::move(fresh);
  if (known_.size() < known_answers) return known_.emplace_back(std::move(fresh));
  Known& place = known_[oldest_];
  oldest_ = (oldest_ + 1) % known_answers;
  return place = std::move(fresh);
}

void Judge::judge(Sample& sample, int status, std::string_view body, std::string_view header) {
  sample.status = status;
  if (status < 0 || static_cast<std::size_t>(status) >= statuses_.size() ||
      !statuses_[static_cast<std::size_t>(status)]) {
    sample.outcome = Outcome::http_status;
    return;
  }
  const Known& known = look_at({body, header, sample.address});
  if (known.matches && known.cluster) {
    sample.outcome = Outcome::ok;
    sample.cluster = *known.cluster;
    return;
  }
  sample.outcome = known.matches ? Outcome::unidentified : Outcome::body_mismatch;
  sample.detail = body.substr(0, shown_of_unknown_body);
}

void Judge::judge_connection(Sample& sample) const {
  auto cluster = by_address_ ? identifier_.identify({{}, {}, sample.address}) : to_string(*sample.address);
  sample.outcome = cluster ? Outcome::ok : Outcome::unidentified;
  if (cluster) sample.cluster = std::move(*cluster);
}

}  // namespace meshdrill::probe
