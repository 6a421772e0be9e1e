#include "probe/ask/identify.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <boost/regex.hpp>

namespace meshdrill::probe {
namespace {

namespace json = boost::json;

// Longer names are no cluster's: Cilium allows 32 characters, and what is captured is kept for the whole run.
constexpr std::size_t longest_name = 253;

constexpr std::string_view token_characters =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Every '~' of a JSON pointer begins "~0" or "~1" (RFC 6901, section 3).
bool is_json_pointer(std::string_view text) {
  if (!text.starts_with('/')) return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

std::string find_by_pointer(std::string_view body, const std::string& pointer) {
  json::error_code error;
  const json::value document = json::parse({body.data(), body.size()}, error);
  if (error) return {};
  const json::value* found = document.find_pointer({pointer.data(), pointer.size()}, error);
  if (error || found == nullptr || !found->is_string()) return {};
  return std::string{found->get_string()};
}

}  // namespace

// Boost.Regex and not std::regex: libstdc++'s matcher recurses once a character, so that a body could
// overflow the stack.
struct Identifier::Compiled {
  IdentifyRule rule;
  boost::regex regex;

  [[nodiscard]] std::string find(const AnswerClues& clues) const {
    if (!rule.header.empty()) return std::string{trim(clues.header)};
    if (!rule.json_pointer.empty()) return find_by_pointer(clues.body, rule.json_pointer);
    if (!rule.addresses.empty()) {
      const auto found = clues.address ? rule.addresses.find(*clues.address) : rule.addresses.end();
      return found == rule.addresses.end() ? std::string{} : found->second;
    }
    boost::cmatch match;
    const std::string_view body = clues.body;
    if (!boost::regex_search(body.data(), body.data() + body.size(), match, regex)) return {};
    return match[1].str();
  }

  [[nodiscard]] bool knows(const std::string& name) const {
    const auto& known = rule.clusters;
    return known.empty() || std::find(known.begin(), known.end(), name) != known.end();
  }
};

Result<Identifier> Identifier::make(const IdentifyRule& rule) {
  auto compiled = std::make_shared<Compiled>();
  compiled->rule = rule;
  if (rule.header.find_first_not_of(token_characters) != std::string::npos) {
    return fail("identify: '" + rule.header + "' is no name of a header");
  }
  if (!rule.json_pointer.empty() && !is_json_pointer(rule.json_pointer)) {
    return fail("identify: '" + rule.json_pointer +
                "' is no JSON pointer (RFC 6901); they look like /cluster or /meta/0/name");
  }
  for (const auto& [address, name] : rule.addresses) {
    if (!compiled->knows(name)) {
      return fail("identify: " + to_string(address) + " is mapped to '" + name +
                  "', which is not among the clusters that may answer");
    }
  }
  try {
    compiled->regex.assign(rule.regex);
  } catch (const boost::regex_error& error) {
    return fail("identify: '" + rule.regex + "' is no regular expression: " + error.what());
  }
  if (compiled->regex.mark_count() != 1) {
    return fail(
        "identify: '" + rule.regex +
        "' must have exactly one capture (…) around the name of the cluster; write other groups as (?:…)");
  }
  return Identifier{std::move(compiled)};
}

const std::string& Identifier::header() const {
  return compiled_->rule.header;
}

std::optional<std::string> Identifier::identify(const AnswerClues& clues) const {
  try {
    std::string name = compiled_->find(clues);
    if (name.empty() || name.size() > longest_name || !compiled_->knows(name)) return std::nullopt;
    return name;
  } catch (const std::exception&) {  // Boost.Regex gives up on catastrophic backtracking
    return std::nullopt;
  }
}

}  // namespace meshdrill::probe
