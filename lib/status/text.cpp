#include "status/text.hpp"

#include "base/text.hpp"
#include "status/ladder.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

constexpr std::string_view green = "\033[32m", red = "\033[31m", yellow = "\033[33m", bold = "\033[1m",
                           plain = "\033[0m";

class Text {
 public:
  explicit Text(bool colour) : colour_(colour) {}

  [[nodiscard]] std::string painted(std::string_view text, std::string_view colour) const {
    return colour_ ? fmt::format("{}{}{}", colour, text, plain) : std::string(text);
  }

  [[nodiscard]] std::string mark(std::optional<Level> worst) const {
    if (!worst || *worst == Level::note) return painted("ok     ", green);
    if (*worst == Level::error) return painted("error  ", red);
    return painted(*worst == Level::unknown ? "unknown" : "warning", yellow);
  }

 private:
  bool colour_;
};

// A rung that stands on facts that could not be read is not "ok".
std::optional<Level> worst_of(const LiveCluster& cluster, Group group, const std::vector<Finding>& findings) {
  std::optional<Level> worst;
  for (const Finding& finding : findings) {
    if (finding.cluster != cluster.name() || find_rule(finding.rule)->group != group) continue;
    if (finding.rule == "not-readable") continue;
    if (!worst || finding.level < *worst) worst = finding.level;
  }
  return worst;
}

bool was_read(const LiveCluster& cluster, Group group) {
  const auto lacks = [&](std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(cluster.unread, [&](const Unread& unread) {
      return std::ranges::any_of(
          parts, [&](std::string_view part) { return unread.what.find(part) != std::string::npos; });
    });
  };
  switch (group) {
    case Group::settings:
      return !lacks({"cilium-config"});
    case Group::agents:
      return !lacks({"the agents (", "the operator", "the Nodes", "the CiliumNodes"});
    case Group::apiserver:
      return !lacks({"clustermesh-apiserver"});
    case Group::peers:
      return !lacks({"Secrets", "Cilium's Pods", "pods/exec"});
    case Group::certificates:
      return !lacks({"Secrets"});
    case Group::services:
      return !lacks({"the Services", "EndpointSlices", "ServiceExports", "ServiceImports", "Namespaces"});
    case Group::way_in:
      return !lacks({"the Ingress", "ingress controller", "HTTPRoutes", "Gateway", "Envoy"});
  }
  return true;
}

void add_ladder(const LiveMesh& mesh, const LiveCluster& cluster, const std::vector<Finding>& findings,
                const Text& text, std::string& out) {
  out += text.painted(printable(cluster.name()), bold);
  if (cluster.name() != cluster.context) out += fmt::format(" (context {})", printable(cluster.context));
  if (!cluster.reachable) {
    out += fmt::format("\n  {}  the API {}\n\n", text.mark(Level::unknown),
                       cluster.refused ? "refuses the credentials" : "does not answer");
    return;
  }
  out += fmt::format("  Cilium {}, Kubernetes {}\n",
                     cluster.cilium.empty() ? "of unknown version" : cluster.cilium,
                     cluster.kubernetes.empty() ? "of unknown version" : cluster.kubernetes);
  for (const LadderRow& row : ladder_of(mesh, cluster)) {
    std::optional<Level> worst = worst_of(cluster, row.group, findings);
    if (!was_read(cluster, row.group) && worst.value_or(Level::note) > Level::unknown) worst = Level::unknown;
    out += fmt::format("  {}  {:<12}  {}\n", text.mark(worst), row.label, printable(row.text));
  }
  out += "\n";
}

void add_finding(const Finding& finding, const Text& text, std::string& out) {
  const std::string_view colour = finding.level == Level::error  ? red
                                  : finding.level == Level::note ? plain
                                                                 : yellow;
  out += fmt::format("{}  {}{}  [{}]\n", text.painted(to_string(finding.level), colour),
                     finding.cluster.empty() ? "" : printable(finding.cluster) + ": ",
                     printable(finding.what), finding.rule);
  if (!finding.why.empty()) out += "  Why: " + finding.why + "\n";
  if (!finding.cure.empty()) out += "  Do:  " + printable(finding.cure) + "\n";
}

}  // namespace

std::string summary(const LiveMesh& mesh, const std::vector<Finding>& findings) {
  const auto count = [&](Level level) {
    return static_cast<std::size_t>(std::ranges::count(findings, level, &Finding::level));
  };
  std::vector<std::string> parts;
  if (count(Level::error) > 0) parts.push_back(plural(count(Level::error), "error"));
  if (count(Level::unknown) > 0)
    parts.push_back(fmt::format("{} that could not be told", plural(count(Level::unknown), "thing")));
  if (count(Level::warning) > 0) parts.push_back(plural(count(Level::warning), "warning"));
  const std::string clusters = plural(mesh.clusters.size(), "cluster");
  const std::string found = parts.empty() ? clusters : fmt::format("{} in {}", join_words(parts), clusters);
  switch (outcome_of(findings)) {
    case Outcome::healthy:
      return fmt::format("Healthy: {}.", found);
    case Outcome::unhealthy:
      return fmt::format("Not healthy: {}.", found);
    case Outcome::unknown:
      return fmt::format("Could not tell: {}.", found);
  }
  return {};
}

std::string render_text(const LiveMesh& mesh, const std::vector<Finding>& findings, bool colour) {
  const Text text(colour);
  std::string out;
  for (const LiveCluster& cluster : mesh.clusters) add_ladder(mesh, cluster, findings, text, out);
  for (const Finding& finding : findings) add_finding(finding, text, out);
  if (!findings.empty()) out += "\n";
  const Outcome outcome = outcome_of(findings);
  out += text.painted(summary(mesh, findings), outcome == Outcome::healthy     ? green
                                               : outcome == Outcome::unhealthy ? red
                                                                               : yellow);
  return out + "\n";
}

}  // namespace meshdrill::status
