// The documents that stand beside tables of the code.
#include "base/document.hpp"
#include "base/files.hpp"
#include "status/finding.hpp"
#include "status/reads.hpp"

#include <cstdlib>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::status;

namespace {

std::string document(const std::string& path) {
  const char* root = std::getenv("MESHDRILL_SOURCE_DIR");
  const auto text = read_file(std::string(root == nullptr ? "." : root) + "/docs/" + path);
  REQUIRE(text);
  return *text;
}

}  // namespace

namespace {

std::set<std::string> rules_in(const std::string& text) {
  std::set<std::string> given;
  for (std::size_t at = text.find("  - {"); at != std::string::npos; at = text.find("  - {", at + 1)) {
    CHECK(given.insert(text.substr(at + 4, text.find('\n', at) - at - 4)).second);
  }
  return given;
}

std::set<std::string> rules_wanted(bool in_cilium_namespace) {
  std::set<std::string> wanted;
  for (const Read& read : reads()) {
    if (read.in_cilium_namespace == in_cilium_namespace) wanted.insert(rbac_rule(read));
  }
  return wanted;
}

}  // namespace

TEST_CASE("docs/rbac.md has the rules of status, each once and no others") {
  const std::string text = document("rbac.md");
  const std::size_t start = text.find("\n## status");
  const std::size_t middle = text.find("In the namespace where Cilium runs", start);
  REQUIRE(middle != std::string::npos);
  CHECK(rules_in(text.substr(start, middle - start)) == rules_wanted(false));
  CHECK(rules_in(text.substr(middle, text.find("\n## drill") - middle)) == rules_wanted(true));
}

TEST_CASE("docs/reference/status.md has every rule with its level and meaning, in order") {
  std::string table;
  std::string_view before;
  for (const Rule& rule : rules()) {
    CHECK_MESSAGE(before < rule.id, rule.id);
    before = rule.id;
    table += fmt::format("| `{}` | {} | {} |\n", rule.id, to_string(rule.level), rule.meaning);
  }
  CHECK(document("reference/status.md").find(table) != std::string::npos);
}
