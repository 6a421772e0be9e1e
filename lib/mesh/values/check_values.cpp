#include "mesh/values/check_values.hpp"

#include "base/text.hpp"
#include "mesh/values/rules.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

std::vector<std::string> split_files(std::string_view argument) {
  std::vector<std::string> files;
  while (!argument.empty()) {
    const std::size_t comma = std::min(argument.find(','), argument.size());
    if (comma > 0) files.emplace_back(argument.substr(0, comma));
    argument.remove_prefix(std::min(comma + 1, argument.size()));
  }
  return files;
}

// The files of one cluster merged; nothing when one of them cannot be read.
std::optional<ClusterInput> read_input(const std::string& argument, Findings& found) {
  ClusterInput input{argument, {argument, 0, 0}, {}};
  bool whole = true;
  for (const std::string& file : split_files(argument)) {
    Checked<HelmRead> read = read_helm_values_file(file);
    if (!read) {
      found.add(std::move(read.error()), "yaml");
      whole = false;
      continue;
    }
    found.add(std::move(read->findings), "yaml");
    merge_values(input.values, read->values);
    input.whole.file = file;
  }
  if (whole) return input;
  return std::nullopt;
}

// Two clusters that share a file have its findings twice.
void put_in_order(Diagnostics& findings, const std::vector<ClusterInput>& inputs) {
  std::map<std::string, std::size_t> order;
  for (const ClusterInput& input : inputs) {
    for (const std::string& file : split_files(input.files)) order.emplace(file, order.size());
  }
  const auto key = [&](const Diagnostic& one) {
    const auto place = order.find(one.where.file);
    return std::tuple{place == order.end() ? order.size() : place->second, one.where.line, one.where.column,
                      std::string_view{one.rule}, std::string_view{one.what}};
  };
  std::sort(findings.begin(), findings.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  findings.erase(std::unique(findings.begin(), findings.end()), findings.end());
}

}  // namespace

ValuesReport check_values(const std::vector<ClusterInput>& inputs, const ValuesOptions& options) {
  Findings found;
  MeshValues mesh;
  if (options.version) mesh.minor = find_minor(*options.version)->minor;
  for (const ClusterInput& input : inputs) {
    auto cluster = read_cluster_values(input.values, input.files, input.whole, options.subchart, found);
    if (cluster) mesh.clusters.push_back(std::move(*cluster));
  }
  // Half a mesh would have peers that name nobody: the rest waits until all can be read.
  if (mesh.clusters.size() < inputs.size()) return {found.take(), {}};
  check_keys(mesh, found);
  check_identity(mesh, found);
  check_pod_networks(mesh, found);
  check_peers(mesh, found);
  check_trust(mesh, found);
  check_datapath(mesh, found);
  ValuesReport report{found.take(), std::move(mesh.clusters)};
  put_in_order(report.findings, inputs);
  return report;
}

ValuesReport check_values(const std::vector<std::string>& arguments, const ValuesOptions& options) {
  Findings unreadable;
  std::vector<ClusterInput> inputs;
  for (const std::string& argument : arguments) {
    if (auto input = read_input(argument, unreadable)) inputs.push_back(std::move(*input));
  }
  Diagnostics findings = unreadable.take();
  if (has_errors(findings)) return {std::move(findings), {}};
  ValuesReport report = check_values(inputs, options);
  report.findings.insert(report.findings.end(), std::make_move_iterator(findings.begin()),
                         std::make_move_iterator(findings.end()));
  put_in_order(report.findings, inputs);
  return report;
}

}  // namespace meshdrill::mesh::values
