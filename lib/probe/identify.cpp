#include "probe/identify.hpp"

#include <algorithm>

#include <boost/regex.hpp>

namespace meshdrill::probe {

// Boost.Regex and not std::regex: libstdc++'s matcher recurses once a character, so that a body could
// overflow the stack.
struct Identifier::Compiled {
  boost::regex regex;
  std::vector<std::string> clusters;
};

Result<Identifier> Identifier::make(const IdentifyRule& rule) {
  try {
    auto compiled = std::make_shared<Compiled>();
    compiled->regex.assign(rule.regex);
    compiled->clusters = rule.clusters;
    if (compiled->regex.mark_count() != 1) {
      return fail(
          "identify: '" + rule.regex +
          "' must have exactly one capture (…) around the name of the cluster; write other groups as (?:…)");
    }
    return Identifier{std::move(compiled)};
  } catch (const boost::regex_error& error) {
    return fail("identify: '" + rule.regex + "' is no regular expression: " + error.what());
  }
}

std::optional<std::string> Identifier::identify(std::string_view body) const {
  try {
    boost::cmatch match;
    if (!boost::regex_search(body.data(), body.data() + body.size(), match, compiled_->regex))
      return std::nullopt;
    std::string name = match[1].str();
    const auto& known = compiled_->clusters;
    if (name.empty()) return std::nullopt;
    if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end()) return std::nullopt;
    return name;
  } catch (const std::runtime_error&) {  // Boost.Regex gives up on catastrophic backtracking
    return std::nullopt;
  }
}

}  // namespace meshdrill::probe
