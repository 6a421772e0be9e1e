#include "drill/scenario.hpp"

#include "base/document_reader.hpp"
#include "base/files.hpp"
#include "drill/limit.hpp"

#include <regex>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

constexpr std::array<std::string_view, phase_count> phase_names{"baseline", "fail", "hold", "restore",
                                                                "recovered"};

// What each phase can be asked, and what it is asked when the file is silent about the phase.
struct PhaseRules {
  bool every_cluster_seen;
  bool balance;
  bool outage;
  bool target_share;
  Expectation defaults;
};

const PhaseRules& rules_of(Phase phase) {
  using std::chrono::seconds;
  static const Expectation steady{.every_cluster_seen = true, .errors = 0.01};
  static const std::array<PhaseRules, phase_count> table{{
      {true, true, false, false, steady},
      {false, false, true, false, {.outage = seconds{2}}},
      {true, true, false, true, {.every_cluster_seen = true, .errors = 0.01, .target_share = 0.0}},
      {false, false, true, false, {.outage = seconds{2}}},
      {true, true, false, false, steady},
  }};
  return table.at(static_cast<std::size_t>(phase));
}

// A value that a parser from limit.hpp reads.
template <class T>
std::optional<T> read_with(MapReader& map, std::string_view key, Result<T> (*parse)(std::string_view)) {
  const Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  const Result<std::string> text = read_string(*node);
  const Result<T> value = text ? parse(*text) : tl::unexpected(text.error());
  if (value) return *value;
  map.error(*node, key, value.error().message);
  return std::nullopt;
}

std::optional<ObjectName> read_object_name(MapReader& map, std::string_view key) {
  const auto text = map.string(key);
  if (!text) return std::nullopt;
  const std::size_t slash = text->find('/');
  const ObjectName name = slash == std::string::npos
                              ? ObjectName{"default", *text}
                              : ObjectName{text->substr(0, slash), text->substr(slash + 1)};
  if (!name.ns.empty() && !name.name.empty() && name.name.find('/') == std::string::npos) return name;
  map.error(*map.find(key), key, fmt::format("expected NAMESPACE/NAME, got \"{}\"", *text));
  return std::nullopt;
}

Target read_target(const Node& node, Diagnostics& diagnostics) {
  MapReader map{node, "target", diagnostics};
  Target target;
  target.where = node.where;
  if (const Node* cluster = map.require("cluster")) target.cluster_where = cluster->where;
  target.cluster = map.string("cluster").value_or("");
  if (const Node* behind = map.require("behind")) {
    MapReader inner{*behind, map.path_of("behind"), diagnostics};
    inner.require("service");
    target.service = read_object_name(inner, "service").value_or(ObjectName{});
    inner.finish();
  }
  map.finish();
  return target;
}

int read_fault(const Node& node, Diagnostics& diagnostics) {
  MapReader map{node, "fault", diagnostics};
  map.require("scale");
  const auto replicas = map.integer("scale", 0, 1'000'000);
  // With replicas left, Pods of the target go on answering, and nothing that is measured would prove a
  // failover.
  if (replicas.value_or(0) != 0) map.error(*map.find("scale"), "scale", "only 0 is supported");
  map.finish();
  return static_cast<int>(replicas.value_or(0));
}

void read_identify(const Node& node, probe::IdentifyRule& rule, Diagnostics& diagnostics) {
  MapReader map{node, "traffic.identify", diagnostics};
  map.require("regex");
  if (auto regex = map.string("regex")) rule.regex = std::move(*regex);
  map.finish();
}

void read_timeouts(const Node& node, probe::Timeouts& timeouts, Diagnostics& diagnostics) {
  MapReader map{node, "traffic.timeouts", diagnostics};
  const auto read = [&](std::string_view key, Duration& into) { into = map.duration(key).value_or(into); };
  read("dns", timeouts.dns);
  read("connect", timeouts.connect);
  read("tls", timeouts.tls);
  read("firstByte", timeouts.first_byte);
  read("total", timeouts.total);
  map.finish();
}

probe::ProbeConfig read_traffic(const Node* node, Diagnostics& diagnostics) {
  probe::ProbeConfig traffic;
  traffic.rate = 50;
  traffic.jitter = 0.1;  // so that nothing periodic on the other side can hide between two samples
  traffic.reused = true;
  if (node == nullptr) return traffic;
  MapReader map{*node, "traffic", diagnostics};
  traffic.url = map.string("url").value_or("");
  traffic.rate = read_with<double>(map, "rate", parse_rate).value_or(traffic.rate);
  const std::string connections = map.choice("connections", {"new", "reused", "both"}).value_or("both");
  traffic.fresh = connections != "reused";
  traffic.reused = connections != "new";
  traffic.dns_servers = map.strings("dnsServers").value_or(std::vector<std::string>{});
  traffic.ca_file = map.string("caFile").value_or("");
  if (const Node* identify = map.find("identify")) read_identify(*identify, traffic.identify, diagnostics);
  if (const Node* timeouts = map.find("timeouts")) read_timeouts(*timeouts, traffic.timeouts, diagnostics);
  map.finish();
  return traffic;
}

PhaseLengths read_phases(const Node* node, Diagnostics& diagnostics) {
  PhaseLengths lengths;
  if (node == nullptr) return lengths;
  MapReader map{*node, "phases", diagnostics};
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
  map.finish();
  return lengths;
}

std::optional<probe::BalanceRule> read_balance(const Node& node, const std::string& path,
                                               Diagnostics& diagnostics) {
  MapReader map{node, path, diagnostics};
  probe::BalanceRule rule;
  rule.tolerance = read_with<double>(map, "tolerance", parse_share).value_or(rule.tolerance);
  rule.confidence = read_with<double>(map, "confidence", parse_share).value_or(rule.confidence);
  if (rule.tolerance <= 0 || rule.tolerance >= 1)
    map.error(node, "tolerance", "must be more than 0% and less than 100%");
  if (rule.confidence <= 0.5 || rule.confidence >= 1) {
    map.error(node, "confidence", "must be more than 50% and less than 100%");
  }
  map.finish();
  return rule;
}

Expectation read_expectation(const Node& node, Phase phase, Diagnostics& diagnostics) {
  const PhaseRules& rules = rules_of(phase);
  MapReader map{node, fmt::format("expect.{}", to_string(phase)), diagnostics};
  Expectation expectation;
  if (rules.every_cluster_seen)
    expectation.every_cluster_seen = map.boolean("everyClusterSeen").value_or(false);
  if (rules.balance) {
    if (const Node* balance = map.find("balance")) {
      expectation.balance = read_balance(*balance, map.path_of("balance"), diagnostics);
    }
  }
  if (rules.outage) expectation.outage = read_with<Duration>(map, "outage", parse_duration_limit);
  if (rules.target_share) expectation.target_share = read_with<double>(map, "targetShare", parse_share_limit);
  expectation.errors = read_with<double>(map, "errors", parse_share_limit);
  map.finish();
  return expectation;
}

std::array<Expectation, phase_count> read_expectations(const Node* node, Diagnostics& diagnostics) {
  std::array<Expectation, phase_count> expect;
  for (const Phase phase : all_phases) expect.at(static_cast<std::size_t>(phase)) = rules_of(phase).defaults;
  if (node == nullptr) return expect;
  MapReader map{*node, "expect", diagnostics};
  for (const Phase phase : all_phases) {
    if (const Node* of_phase = map.find(to_string(phase))) {
      expect.at(static_cast<std::size_t>(phase)) = read_expectation(*of_phase, phase, diagnostics);
    }
  }
  map.finish();
  return expect;
}

AbortRule read_abort_rule(const Node& node, const std::string& path, Diagnostics& diagnostics) {
  MapReader map{node, path, diagnostics};
  AbortRule rule;
  map.require("errors");
  rule.errors = read_with<double>(map, "errors", parse_share_threshold).value_or(rule.errors);
  rule.over = map.duration("over").value_or(rule.over);
  if (rule.over < std::chrono::seconds{1}) map.error(node, "over", "must be at least 1s");
  map.finish();
  return rule;
}

Guards read_guards(const Node* node, Diagnostics& diagnostics) {
  Guards guards;
  if (node == nullptr) return guards;
  MapReader map{*node, "guards", diagnostics};
  guards.deadline = map.duration("deadline").value_or(guards.deadline);
  guards.min_ready_elsewhere = static_cast<int>(map.integer("minReadyElsewhere", 1, 1'000'000).value_or(1));
  if (const Node* rules = map.find("abortIf")) {
    if (rules->kind != Node::Kind::sequence) map.error(*rules, "abortIf", "expected a list");
    guards.abort_if.clear();
    for (std::size_t i = 0; i < rules->items.size(); ++i) {
      guards.abort_if.push_back(
          read_abort_rule(rules->items[i], fmt::format("guards.abortIf[{}]", i), diagnostics));
    }
  }
  map.finish();
  return guards;
}

void read_metadata(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  MapReader map{node, "metadata", diagnostics};
  map.require("name");
  scenario.name = map.string("name").value_or("");
  // It becomes part of file names and of the Lease's holder.
  static const std::regex label{"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"};
  if (!scenario.name.empty() && !std::regex_match(scenario.name, label)) {
    map.error(*map.find("name"), "name", "must be lower-case letters, digits and '-', at most 63");
  }
  scenario.description = map.string("description").value_or("");
  scenario.runbook = map.string("runbook").value_or("");
  map.finish();
}

// A drill that cannot end before its deadline would always be aborted.
void check_deadline(const Scenario& scenario, const Node& root, Diagnostics& diagnostics) {
  const PhaseLengths& lengths = scenario.phases;
  const Duration needed = lengths.baseline + lengths.fail + lengths.hold;
  if (needed < scenario.guards.deadline) return;
  const Node* guards = root.find("guards");
  diagnostics.push_back(
      {Severity::error, guards != nullptr ? guards->where : root.where,
       fmt::format("guards.deadline: {} is not enough for baseline, fail and hold, which may take {}",
                   format_duration(scenario.guards.deadline), format_duration(needed)),
       "Give it more, or shorten the phases."});
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

std::string to_string(const ObjectName& object) {
  return object.ns + "/" + object.name;
}

Duration PhaseLengths::of(Phase phase) const {
  const std::array<Duration, phase_count> lengths{baseline, fail, hold, restore, recovered};
  return lengths.at(static_cast<std::size_t>(phase));
}

Checked<Scenario> read_scenario_text(std::string_view text, const std::string& file) {
  const Checked<Node> root = parse_document(text, file);
  if (!root) return tl::unexpected(root.error());
  Diagnostics diagnostics;
  Scenario scenario;
  scenario.text = text;
  MapReader map{*root, "", diagnostics};
  for (const auto& [key, wanted] : {std::pair{"apiVersion", "meshdrill/v1"}, std::pair{"kind", "Drill"}}) {
    map.require(key);
    map.choice(key, {wanted});
  }
  if (const Node* node = map.require("metadata")) read_metadata(*node, scenario, diagnostics);
  map.require("mesh");
  const std::filesystem::path mesh_file = map.string("mesh").value_or("");
  scenario.mesh_file =
      mesh_file.is_absolute() ? mesh_file : std::filesystem::path{file}.parent_path() / mesh_file;
  if (const Node* node = map.require("target")) scenario.target = read_target(*node, diagnostics);
  if (const Node* node = map.require("fault")) scenario.scale_to = read_fault(*node, diagnostics);
  scenario.traffic = read_traffic(map.find("traffic"), diagnostics);
  scenario.phases = read_phases(map.find("phases"), diagnostics);
  scenario.expect = read_expectations(map.find("expect"), diagnostics);
  scenario.guards = read_guards(map.find("guards"), diagnostics);
  map.finish();
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
