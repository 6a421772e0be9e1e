// What a check found, for programs.
#pragma once

#include "base/diagnostic.hpp"

#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::report {

// What a rule of the check means; docs/reference/check.md says more of each.
struct Rule {
  std::string_view id;
  std::string_view meaning;  // one sentence
};

// {errors, warnings, notes, findings: [{rule, severity, file, line, column, message, cure}]};
// docs/reference/check.md has the schema. Line and column are left out where they are unknown.
boost::json::object findings_to_json(const Diagnostics& findings, std::string_view fallback_rule);

// SARIF 2.1.0 with one run. Findings without a rule get `fallback_rule`, which stands in `rules`, too.
boost::json::object findings_to_sarif(const Diagnostics& findings, const std::vector<Rule>& rules,
                                      std::string_view fallback_rule, std::string_view tool_version);

}  // namespace meshdrill::report
