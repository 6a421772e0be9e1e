#include "drill/scenario/scenario.hpp"

#include "base/files.hpp"
#include "drill/scenario/scenario_parts.hpp"

#include <regex>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

constexpr std::array<std::string_view, phase_count> phase_names{"baseline", "fail", "hold", "restore",
                                                                "recovered"};

constexpr std::array<std::string_view, 3> ownership_names{"hand-back", "report", "keep"};

void read_identify(MapReader& map, probe::IdentifyRule& rule) {
  map.require("regex");
  if (auto regex = map.string("regex")) rule.regex = std::move(*regex);
}

void read_timeouts(MapReader& map, probe::Timeouts& timeouts) {
  const auto read = [&](std::string_view key, Duration& into) { into = map.duration(key).value_or(into); };
  read("dns", timeouts.dns);
  read("connect", timeouts.connect);
  read("tls", timeouts.tls);
  read("firstByte", timeouts.first_byte);
  read("total", timeouts.total);
}

probe::ProbeConfig default_traffic() {
  probe::ProbeConfig traffic;
  traffic.rate = 50;
  traffic.jitter = 0.1;  // so that nothing periodic on the other side can hide between two samples
  traffic.reused = true;
  return traffic;
}

void read_traffic(MapReader& map, probe::ProbeConfig& traffic) {
  traffic.url = map.string("url").value_or("");
  traffic.rate = read_with<double>(map, "rate", parse_rate).value_or(traffic.rate);
  const std::string connections = map.choice("connections", {"new", "reused", "both"}).value_or("both");
  traffic.fresh = connections != "reused";
  traffic.reused = connections != "new";
  traffic.dns_servers = map.strings("dnsServers").value_or(std::vector<std::string>{});
  traffic.ca_file = map.string("caFile").value_or("");
  map.section("identify", [&](MapReader& identify) { read_identify(identify, traffic.identify); });
  map.section("timeouts", [&](MapReader& timeouts) { read_timeouts(timeouts, traffic.timeouts); });
}

void read_phases(MapReader& map, PhaseLengths& lengths) {
  const auto read = [&](std::string_view key, Duration& into) {
    const auto length = map.duration(key);
    if (!length) return;
    if (*length < std::chrono::seconds{1}) map.error(*map.find(key), key, "a phase lasts at least 1s");
    into = *length;
  };
  read("baseline", lengths.baseline);
  read("fail", lengths.fail);
  read("hold", lengths.hold);
  read("restore", lengths.restore);
  read("recovered", lengths.recovered);
}

void read_metadata(MapReader& map, Scenario& scenario) {
  map.require("name");
  scenario.name = map.string("name").value_or("");
  // It becomes part of file names and of the Lease's holder.
  static const std::regex label{"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"};
  if (!scenario.name.empty() && !std::regex_match(scenario.name, label)) {
    map.error(*map.find("name"), "name", "must be lower-case letters, digits and '-', at most 63");
  }
  scenario.description = map.string("description").value_or("");
  scenario.runbook = map.string("runbook").value_or("");
}

void read_restore(MapReader& map, Scenario& scenario) {
  if (const auto text = map.choice("ownership", {"hand-back", "report", "keep"}))
    scenario.ownership = *ownership_from_string(*text);
}

// Which faults are about chosen workloads, and which bring their own.
void check_target(const Scenario& scenario, Diagnostics& diagnostics) {
  const Target& target = scenario.target;
  const Fault::Kind kind = scenario.fault.kind;
  const bool chosen = target.ingress || !target.workloads.empty() || !target.selector.empty();
  const bool of_workloads = kind == Fault::Kind::scale || kind == Fault::Kind::delete_pods;
  if (of_workloads && !chosen && target.service.name.empty()) {
    diagnostics.push_back({Severity::error,
                           target.where,
                           "target: says no workloads",
                           "Give behind: {service: NAMESPACE/NAME} or {ingress: …}, workloads, or selector.",
                           {}});
  }
  if (!of_workloads && (chosen || !target.selector.empty())) {
    diagnostics.push_back({Severity::error,
                           target.where,
                           "target: this fault is not about chosen workloads",
                           "Give service alone, or behind: {service: …}.",
                           {}});
  }
}

// A drill that cannot end before its deadline would always be aborted.
void check_deadline(const Scenario& scenario, const Node& root, Diagnostics& diagnostics) {
  const PhaseLengths& lengths = scenario.phases;
  if (scenario.fault.kind == Fault::Kind::none) return;
  const Duration needed = lengths.baseline + lengths.fail + lengths.hold;
  if (needed < scenario.guards.deadline) return;
  const Node* guards = root.find("guards");
  diagnostics.push_back(
      {Severity::error, guards != nullptr ? guards->where : root.where,
       fmt::format("guards.deadline: {} is not enough for baseline, fail and hold, which may take {}",
                   format_duration(scenario.guards.deadline), format_duration(needed)),
       "Give it more, or shorten the phases."});
}

// The whole file; `diagnostics` gets what is wrong besides.
void read_document(MapReader& map, const std::string& file, Scenario& scenario, Diagnostics& diagnostics) {
  for (const auto& [key, wanted] : {std::pair{"apiVersion", "meshdrill/v1"}, std::pair{"kind", "Drill"}}) {
    map.require(key);
    map.choice(key, {wanted});
  }
  for (const std::string_view key : {"metadata", "mesh", "target"}) map.require(key);
  map.section("metadata", [&](MapReader& section) { read_metadata(section, scenario); });
  const std::filesystem::path mesh_file = map.string("mesh").value_or("");
  scenario.mesh_file =
      mesh_file.is_absolute() ? mesh_file : std::filesystem::path{file}.parent_path() / mesh_file;
  const std::size_t found = diagnostics.size();
  map.section("target", [&](MapReader& section) { scenario.target = read_target(section); });
  scenario.fault = read_fault(map);
  // Of what is missing or was not understood, nothing more can be said.
  if (map.find("target") != nullptr && diagnostics.size() == found) check_target(scenario, diagnostics);
  scenario.traffic = default_traffic();
  map.section("traffic", [&](MapReader& section) { read_traffic(section, scenario.traffic); });
  map.section("phases", [&](MapReader& section) { read_phases(section, scenario.phases); });
  scenario.expect = read_expectations(map, scenario.fault);
  map.section("guards", [&](MapReader& section) { read_guards(section, scenario.guards); });
  map.section("restore", [&](MapReader& section) { read_restore(section, scenario); });
  map.finish();
}

}  // namespace

std::string_view to_string(Phase phase) {
  return phase_names.at(static_cast<std::size_t>(phase));
}

std::optional<Phase> phase_from_string(std::string_view text) {
  for (const Phase phase : all_phases) {
    if (to_string(phase) == text) return phase;
  }
  return std::nullopt;
}

std::string_view to_string(Ownership ownership) {
  return ownership_names.at(static_cast<std::size_t>(ownership));
}

std::optional<Ownership> ownership_from_string(std::string_view text) {
  for (std::size_t i = 0; i < ownership_names.size(); ++i) {
    if (ownership_names.at(i) == text) return static_cast<Ownership>(i);
  }
  return std::nullopt;
}

std::string to_string(const ObjectName& object) {
  return object.ns + "/" + object.name;
}

Duration PhaseLengths::of(Phase phase) const {
  const std::array<Duration, phase_count> lengths{baseline, fail, hold, restore, recovered};
  return lengths.at(static_cast<std::size_t>(phase));
}

KeyShape drill_file_shape() {
  return record_shape([](MapReader& map) {
    Scenario scenario;
    Diagnostics ignored;
    read_document(map, "", scenario, ignored);
  });
}

Checked<Scenario> read_scenario_text(std::string_view text, const std::string& file) {
  const Checked<Node> root = parse_document(text, file);
  if (!root) return tl::unexpected(root.error());
  Diagnostics diagnostics;
  Scenario scenario;
  scenario.text = text;
  MapReader map{*root, "", diagnostics};
  read_document(map, file, scenario, diagnostics);
  check_deadline(scenario, *root, diagnostics);
  if (has_errors(diagnostics)) return tl::unexpected(std::move(diagnostics));
  return scenario;
}

Checked<Scenario> read_scenario(const std::string& path) {
  const Result<std::string> text = read_file(path, DocumentLimits{}.bytes);
  if (!text) return tl::unexpected(Diagnostics{{Severity::error, {}, text.error().message, {}}});
  return read_scenario_text(*text, path);
}

}  // namespace meshdrill::drill
