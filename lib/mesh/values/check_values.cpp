#include "mesh/values/check_values.hpp"

#include "base/text.hpp"
#include "mesh/values/rules.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

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
    merge_values(input.values, std::move(read->values));
    input.whole.file = file;
  }
  if (whole) return input;
  return std::nullopt;
}

// By file in the order of `files`, then by line. Two clusters that share a file have its findings twice.
void put_in_order(Diagnostics& findings, const std::vector<std::string>& arguments) {
  std::unordered_map<std::string, std::size_t> order;
  for (const std::string& argument : arguments) {
    for (const std::string& file : split_files(argument)) order.emplace(file, order.size());
  }
  struct Placed {
    std::size_t file = 0;
    Diagnostic finding;
    auto key() const {
      return std::tuple{file, finding.where.line, finding.where.column, std::string_view{finding.rule},
                        std::string_view{finding.what}};
    }
  };
  std::vector<Placed> placed;
  placed.reserve(findings.size());
  for (Diagnostic& finding : findings) {
    const auto file = order.find(finding.where.file.str());
    placed.push_back({file == order.end() ? order.size() : file->second, std::move(finding)});
  }
  std::sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.key() < b.key(); });
  findings.clear();
  for (Placed& one : placed) {
    if (findings.empty() || findings.back() != one.finding) findings.push_back(std::move(one.finding));
  }
}

// Takes in one cluster after the other, so that only one's values are in memory whole.
class MeshReader {
 public:
  explicit MeshReader(const ValuesOptions& options) : options_(options) {
    if (options.version) mesh_.minor = find_minor(*options.version)->minor;
  }

  void add(ClusterInput input) {
    arguments_.push_back(input.files);
    auto cluster = read_cluster_values(std::move(input.values), std::move(input.files), input.whole,
                                       options_.subchart, mesh_.minor, found_);
    if (cluster) {
      mesh_.clusters.push_back(std::move(*cluster));
    } else {
      whole_ = false;
    }
  }

  void add_file(const std::string& argument) {
    if (auto input = read_input(argument, unreadable_)) return add(std::move(*input));
    arguments_.push_back(argument);
  }

  ValuesReport report() {
    ValuesReport report;
    // Half a mesh would have peers that name nobody: the rest waits until all can be read.
    if (whole_ && !unreadable_.has_errors()) {
      check();
      report.clusters = std::move(mesh_.clusters);
    }
    // What cannot be read at all stands alone.
    if (!unreadable_.has_errors()) report.findings = found_.take();
    for (Diagnostic& one : unreadable_.take()) report.findings.push_back(std::move(one));
    put_in_order(report.findings, arguments_);
    return report;
  }

 private:
  void check() {
    mesh_.peers = PeerIndex{mesh_.clusters};
    check_subcharts(mesh_, found_);
    check_keys(mesh_, found_);
    check_settings(mesh_, found_);
    check_identity(mesh_, found_);
    check_pod_networks(mesh_, found_);
    check_peers(mesh_, found_);
    check_trust(mesh_, found_);
    check_datapath(mesh_, found_);
  }

  const ValuesOptions& options_;
  MeshValues mesh_;
  Findings found_;
  Findings unreadable_;
  std::vector<std::string> arguments_;
  bool whole_ = true;
};

}  // namespace

ValuesReport check_values(std::vector<ClusterInput> inputs, const ValuesOptions& options) {
  MeshReader reader{options};
  for (ClusterInput& input : inputs) reader.add(std::move(input));
  return reader.report();
}

ValuesReport check_values(const std::vector<std::string>& arguments, const ValuesOptions& options) {
  MeshReader reader{options};
  for (const std::string& argument : arguments) reader.add_file(argument);
  return reader.report();
}

}  // namespace meshdrill::mesh::values
