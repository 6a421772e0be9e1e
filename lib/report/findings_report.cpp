#include "report/findings_report.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::report {
namespace {

namespace json = boost::json;

std::string rule_of(const Diagnostic& finding, std::string_view fallback) {
  return finding.rule.empty() ? std::string{fallback} : finding.rule;
}

std::size_t count(const Diagnostics& findings, Severity severity) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [&](const Diagnostic& one) { return one.severity == severity; }));
}

// A path as a relative reference (RFC 3986): everything but unreserved characters and '/' is encoded.
std::string to_uri(std::string_view path) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    if (plain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

json::object sarif_location(const Location& where) {
  json::object physical{{"artifactLocation", {{"uri", to_uri(where.file.str())}}}};
  if (where.line > 0) {
    json::object region{{"startLine", where.line}};
    if (where.column > 0) region["startColumn"] = where.column;
    physical["region"] = std::move(region);
  }
  return {{"physicalLocation", std::move(physical)}};
}

}  // namespace

json::object findings_to_json(const Diagnostics& findings, std::string_view fallback_rule) {
  json::array list;
  for (const Diagnostic& finding : findings) {
    json::object one{{"rule", rule_of(finding, fallback_rule)},
                     {"severity", to_string(finding.severity)},
                     {"file", finding.where.file.str()}};
    if (finding.where.line > 0) one["line"] = finding.where.line;
    if (finding.where.column > 0) one["column"] = finding.where.column;
    one["message"] = finding.what;
    if (!finding.cure.empty()) one["cure"] = finding.cure;
    list.push_back(std::move(one));
  }
  return {{"errors", count(findings, Severity::error)},
          {"warnings", count(findings, Severity::warning)},
          {"notes", count(findings, Severity::note)},
          {"findings", std::move(list)}};
}

json::object findings_to_sarif(const Diagnostics& findings, const std::vector<Rule>& rules,
                               std::string_view fallback_rule, std::string_view tool_version) {
  json::array known;
  std::map<std::string, std::size_t, std::less<>> places;
  const auto add_rule = [&](std::string_view id, std::string_view meaning) {
    places.emplace(id, known.size());
    known.push_back({{"id", id}, {"shortDescription", {{"text", meaning}}}});
  };
  for (const Rule& rule : rules) add_rule(rule.id, rule.meaning);
  json::array results;
  for (const Diagnostic& finding : findings) {
    const std::string rule = rule_of(finding, fallback_rule);
    if (places.find(rule) == places.end()) add_rule(rule, rule);
    const std::string text =
        finding.cure.empty() ? finding.what : fmt::format("{}\n{}", finding.what, finding.cure);
    json::object result{{"ruleId", rule},
                        {"ruleIndex", places.at(rule)},
                        {"level", to_string(finding.severity)},
                        {"message", {{"text", text}}}};
    if (!finding.where.file.empty()) result["locations"] = json::array{sarif_location(finding.where)};
    results.push_back(std::move(result));
  }
  json::object driver{{"name", "meshdrill"}, {"version", tool_version}, {"rules", std::move(known)}};
  json::object tool{{"driver", std::move(driver)}};
  json::object run{
      {"tool", std::move(tool)}, {"columnKind", "unicodeCodePoints"}, {"results", std::move(results)}};
  json::array runs;
  runs.push_back(std::move(run));
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", std::move(runs)}};
}

}  // namespace meshdrill::report
