#include "mesh/rule_table.hpp"

#include "mesh/rule_sources.hpp"

#include <regex>
#include <set>

namespace meshdrill::mesh {

TEST_CASE("rules are sorted, and each stands once") {
  const auto rules = rule_table();
  CHECK(std::is_sorted(rules.begin(), rules.end(),
                       [](const RuleMeaning& a, const RuleMeaning& b) { return a.id < b.id; }));
  CHECK(std::adjacent_find(rules.begin(), rules.end(), [](const RuleMeaning& a, const RuleMeaning& b) {
          return a.id == b.id;
        }) == rules.end());
}

TEST_CASE("the table, the code and the reference have the same rules") {
  const std::string code =
      sources_below("lib/mesh") + sources_below("lib/base") + sources_below("cmd/meshdrill");
  const std::string reference = read_file(source_folder() / "docs/reference/check.md").value();
  for (const RuleMeaning& rule : rule_table()) {
    CHECK_MESSAGE(names_rule(code, rule.id), rule.id, " is in the table, and nothing finds it");
    CHECK_MESSAGE(reference.find(fmt::format("`{}`", rule.id)) != std::string::npos, rule.id,
                  " is not in the reference");
  }
  // What a finding is given as its rule.
  const std::regex call{R"re(\.(?:error|warning|note|repeated)\(\s*"([a-z0-9-]+)",)re"};
  std::set<std::string> found;
  for (std::sregex_iterator at{code.begin(), code.end(), call}, end; at != end; ++at) found.insert((*at)[1]);
  CHECK(found.size() > 70);
  for (const std::string& id : found) CHECK_MESSAGE(is_rule(id), id, " is found, and not in the table");
  // The first column of the reference's tables: | `a`, `b` | E | …
  const std::regex row{R"(\n\| ((?:`[a-z0-9-]+`(?:, )?)+) \| [EWN])"};
  const std::regex quoted{"`([a-z0-9-]+)`"};
  for (std::sregex_iterator at{reference.begin(), reference.end(), row}, end; at != end; ++at) {
    const std::string ids = (*at)[1];
    for (std::sregex_iterator id{ids.begin(), ids.end(), quoted}; id != end; ++id)
      CHECK_MESSAGE(is_rule((*id)[1].str()), (*id)[1].str(), " is in the reference alone");
  }
}

}  // namespace meshdrill::mesh
