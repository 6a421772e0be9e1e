#include "base/duration.hpp"
#include "base/percent.hpp"
#include "mesh_access.hpp"
#include "option_values.hpp"
#include "probe_options.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration usual_duration = 10s;
constexpr Duration longest_until_sure = 10min;

Result<> read_connections(ProbeOptions& options) {
  options.config.fresh = options.config.reused = false;
  for (const std::string& word : options.connections) {
    if (word != "new" && word != "reused" && word != "both")
      return fail(fmt::format("--connections: \"{}\" is none of new, reused, both", word));
    if (word != "reused") options.config.fresh = true;
    if (word != "new") options.config.reused = true;
  }
  return {};
}

Result<> read_duration(ProbeOptions& options) {
  if (!options.duration_text.empty()) {
    const auto duration = parse_duration(options.duration_text);
    if (!duration) return fail("--duration: " + duration.error().message);
    if (*duration > Duration::zero()) options.duration = *duration;
    return {};
  }
  if (options.until_sure) {
    options.duration = longest_until_sure;
  } else if (options.config.requests == 0) {
    options.duration = usual_duration;
  }
  return {};
}

Result<> read_questions(ProbeOptions& options) {
  probe::Questions& questions = options.questions;
  questions.rule.tolerance = options.tolerance_points / 100;
  questions.rule.confidence = options.confidence_percent / 100;
  if (options.until_sure) questions.rule.method = probe::BalanceMethod::anytime;
  double sum = 0;
  for (const std::string& text : options.weights) {
    const auto pair = name_and_value(text);
    const auto weight = pair ? plain_number(pair->second) : std::nullopt;
    if (!weight) return fail(fmt::format("--weights: \"{}\" is no CLUSTER=WEIGHT, like cilium-001=2", text));
    const auto& known = options.config.identify.clusters;
    if (!known.empty() && std::find(known.begin(), known.end(), pair->first) == known.end())
      return fail(fmt::format("--weights: {} is not among the clusters that may answer", pair->first));
    questions.weights[pair->first] = *weight;
    sum += *weight;
  }
  if (!questions.weights.empty() && sum <= 0) return fail("--weights: at least one must be above 0");
  bool balanced = false;
  for (const std::string& text : options.conditions) {
    auto condition = probe::parse_condition(text);
    if (!condition) return fail("--expect " + condition.error().message);
    balanced = balanced || condition->subject == probe::Condition::Subject::balanced;
    questions.conditions.push_back(std::move(*condition));
  }
  if (options.until_sure && !balanced) questions.conditions.push_back(*probe::parse_condition("balanced"));
  return {};
}

Result<> read_addresses(ProbeOptions& options) {
  for (const std::string& text : options.address_names) {
    const auto pair = name_and_value(text);
    const auto address = pair ? parse_ip(pair->first) : Result<IpAddress>{fail("")};
    if (!address)
      return fail(
          fmt::format("--identify-address: \"{}\" is no ADDRESS=CLUSTER, like 192.0.2.1=cilium-001", text));
    options.config.identify.addresses[*address] = pair->second;
  }
  if (options.by_address && options.mesh_file.empty()) return fail("--identify-by-address needs --mesh");
  return {};
}

// What the mesh file says and the command line does not.
bool read_mesh(ProbeOptions& options) {
  if (options.mesh_file.empty()) return true;
  const auto mesh = load_mesh_or_explain(options.mesh_file);
  if (!mesh) return false;
  probe::ProbeConfig& config = options.config;
  if (config.url.empty()) config.url = mesh::url(*mesh);
  const bool names_given = !config.identify.clusters.empty();
  const bool addresses_given = !config.addresses.empty();
  for (const mesh::Cluster& cluster : mesh->clusters) {
    if (!names_given) config.identify.clusters.push_back(cluster.name);
    for (const mesh::LocatedAddress& ingress : cluster.ingress) {
      if (!addresses_given) config.addresses.push_back(ingress.address);
      if (options.by_address) config.identify.addresses[ingress.address] = cluster.name;
    }
  }
  return true;
}

}  // namespace

bool finish_options(ProbeOptions& options) {
  const auto refuse = [](const std::string& message) {
    fmt::print(stderr, "meshdrill: {}\n", message);
    return false;
  };
  for (const auto read : {read_connections, read_duration, read_addresses}) {
    if (const auto done = read(options); !done) return refuse(done.error().message);
  }
  const auto& names = options.config.identify.clusters;
  if (std::find(names.begin(), names.end(), "") != names.end())
    return refuse("--clusters: a name is empty; leave the option out when any name will do");
  if (!read_mesh(options)) return false;
  if (const auto done = read_questions(options); !done) return refuse(done.error().message);
  if (options.config.url.empty())
    return refuse("what to probe is missing: give a URL, or --mesh with an ingress");
  if (const auto checked = probe::check(options.config); !checked) return refuse(checked.error().message);
  return true;
}

}  // namespace meshdrill::cli
