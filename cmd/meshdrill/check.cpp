#include "base/text.hpp"
#include "check_tables.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "mesh/load.hpp"
#include "mesh/rule_table.hpp"
#include "mesh/trust/certificate_findings.hpp"
#include "mesh/values/check_values.hpp"
#include "report/findings_report.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

namespace json = boost::json;
namespace values = mesh::values;

struct CheckOptions {
  std::vector<std::string> files;
  std::string cilium_version;
  std::string values_key;
  std::string format = "text";
  bool allow_renumber = false;
};

// What a check found, and what was checked.
struct CheckResult {
  Diagnostics findings;
  std::string_view fallback_rule;
  json::array clusters;
  std::function<void()> print;  // the clusters as text, when there is anything to show
};

// Whether `text` has `key` with a value that starts with `value`, in block or in flow style.
bool says(std::string_view text, std::string_view key, std::string_view value) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    const std::size_t line = text.rfind('\n', at) + 1;  // 0 in the first line
    const bool starts = text.substr(line, at - line).find_first_not_of(" \t{\"'") == std::string_view::npos;
    const std::size_t after = text.find_first_not_of(" \t:\"'", at + key.size());
    if (starts && after != std::string_view::npos && text.substr(after).starts_with(value)) return true;
  }
  return false;
}

// Without parsing it: the file may be long, or no YAML at all, and what is wrong with it is said by the
// reader that it was meant for.
bool is_mesh_file(const std::string& file) {
  std::string start(std::size_t{64} << 10, '\0');  // nobody says what a file is any later
  std::ifstream in{file};
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  return says(start, "apiVersion", "meshdrill/") || says(start, "kind", "Mesh");
}

CheckResult check_mesh(const CheckOptions& options) {
  const auto renumber = options.allow_renumber ? mesh::Renumber::allow : mesh::Renumber::refuse;
  const std::string& file = options.files.front();
  auto loaded =
      std::make_shared<tl::expected<mesh::Allocation, Diagnostics>>(mesh::load_mesh(file, renumber));
  if (!*loaded) return {std::move(loaded->error()), "yaml", {}, {}};
  CheckResult checked{(*loaded)->findings, "yaml", {}, [loaded] { print_mesh((*loaded)->mesh); }};
  for (const mesh::Cluster& cluster : (*loaded)->mesh.clusters) checked.clusters.push_back(to_json(cluster));
  return checked;
}

// What generate wrote.
CheckResult check_folder(const std::string& folder) {
  CheckResult checked{
      mesh::certificate_findings(folder, std::chrono::system_clock::now()), "certificate", {}, {}};
  if (checked.findings.empty()) {
    checked.findings.push_back({Severity::error,
                                {folder, 0, 0},
                                "there are no certificates of meshdrill in this folder",
                                "give a mesh file, Helm values, or the folder that generate wrote",
                                {}});
  }
  return checked;
}

CheckResult check_values(const CheckOptions& options, const std::optional<mesh::CiliumVersion>& version) {
  auto report = std::make_shared<values::ValuesReport>(
      values::check_values(options.files, {version, options.values_key}));
  json::array clusters;
  for (const auto& cluster : report->clusters) clusters.push_back(to_json(cluster));
  CheckResult checked{std::move(report->findings), "yaml", std::move(clusters), {}};
  if (!report->clusters.empty()) checked.print = [report] { print_values(report->clusters); };
  return checked;
}

std::size_t count(const Diagnostics& findings, Severity severity) {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(),
                                                [&](const auto& one) { return one.severity == severity; }));
}

void print_text(const CheckResult& checked) {
  std::fputs(to_string(checked.findings).c_str(), stderr);
  if (checked.print) checked.print();
  std::fflush(stdout);
  if (checked.findings.empty()) return;
  fmt::print(stderr, "{}, {}, {}\n", plural(count(checked.findings, Severity::error), "error"),
             plural(count(checked.findings, Severity::warning), "warning"),
             plural(count(checked.findings, Severity::note), "note"));
}

void print_json(const CheckResult& checked, const std::string& assumed) {
  json::object document{{"apiVersion", "meshdrill/v1"}, {"kind", "CheckReport"}};
  if (!assumed.empty()) document["ciliumVersion"] = assumed;
  for (auto& [key, value] : report::findings_to_json(checked.findings, checked.fallback_rule))
    document[key] = value;
  document["clusters"] = checked.clusters;
  fmt::print("{}\n", json::serialize(document));
}

void print_sarif(const CheckResult& checked) {
  std::vector<report::Rule> rules;
  for (const mesh::RuleMeaning& rule : mesh::rule_table()) rules.push_back({rule.id, rule.meaning});
  fmt::print("{}\n", json::serialize(report::findings_to_sarif(checked.findings, rules, checked.fallback_rule,
                                                               MESHDRILL_VERSION)));
}

int show(const CheckResult& checked, const std::string& format, const std::string& assumed) {
  if (format == "json") {
    print_json(checked, assumed);
  } else if (format == "sarif") {
    print_sarif(checked);
  } else {
    print_text(checked);
  }
  return has_errors(checked.findings) ? exit_usage : exit_pass;
}

int usage(const std::string& message) {
  fmt::print(stderr, "meshdrill: {}\n", message);
  return exit_usage;
}

int check(const CheckOptions& options) {
  if (options.files.size() == 1 && std::filesystem::is_directory(options.files.front())) {
    return show(check_folder(options.files.front()), options.format, {});
  }
  std::size_t mesh_files = 0;
  for (const std::string& file : options.files) mesh_files += static_cast<std::size_t>(is_mesh_file(file));
  if (mesh_files > 0) {
    if (options.files.size() > 1) {
      return usage(
          "a mesh file is checked by itself; give either one mesh file or the Helm values of each cluster");
    }
    if (!options.cilium_version.empty() || !options.values_key.empty()) {
      return usage("--cilium-version and --values-key are for Helm values; a mesh file says both itself");
    }
    return show(check_mesh(options), options.format, {});
  }
  std::optional<mesh::CiliumVersion> version;
  if (!options.cilium_version.empty()) {
    const auto parsed = mesh::parse_version(options.cilium_version);
    if (!parsed) return usage("--cilium-version: " + parsed.error().message);
    if (mesh::find_minor(*parsed) == nullptr) {
      return usage(fmt::format("--cilium-version: 1.{} is the oldest that is known", mesh::oldest_minor));
    }
    version = *parsed;
    if (parsed->major > 1 || parsed->minor > mesh::newest_minor) {
      fmt::print(stderr, "{} is newer than 1.{}, the newest chart that is known; its rules are used.\n",
                 options.cilium_version, mesh::newest_minor);
    }
  }
  const std::string any = fmt::format("any of 1.{} to 1.{}", mesh::oldest_minor, mesh::newest_minor);
  const CheckResult checked = check_values(options, version);
  if (!version && options.format == "text" && !checked.clusters.empty()) {
    fmt::print(stderr, "Assuming Cilium {}; --cilium-version says which chart it is.\n", any);
  }
  return show(checked, options.format, version ? options.cilium_version : any);
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "check", "Check a mesh file, or the Helm values that clusters have already against each other");
  const auto options = std::make_shared<CheckOptions>();
  verb->add_option("FILE", options->files,
                   "A mesh file; or a folder that generate wrote, whose certificates are read back; or Helm "
                   "values of the Cilium chart, one argument a cluster (a.yaml,b.yaml: several "
                   "files of one cluster, as for helm -f)")
      ->required();
  verb->add_option("--cilium-version", options->cilium_version,
                   "The chart that the values are for, such as 1.18.0; by default any that is known");
  verb->add_option("--values-key", options->values_key,
                   "The key of an umbrella chart under which Cilium's values stand; by default found");
  verb->add_option("-o,--output", options->format, "text, json or sarif")
      ->check(CLI::IsMember({"text", "json", "sarif"}));
  verb->add_flag("--allow-renumber", options->allow_renumber,
                 "Accept changes of names, IDs and Pod CIDRs that live clusters have, as generate would");
  verb->callback([&run, options] { run = [options] { return check(*options); }; });
}

}  // namespace meshdrill::cli
