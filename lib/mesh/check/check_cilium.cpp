#include "mesh/check/check_cilium.hpp"

#include "mesh/cilium_version.hpp"
#include "mesh/names.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

void check_section(const Cilium& cilium, Findings& found) {
  found.name(cilium.where, "cilium.namespace", wrong_label(cilium.kube_namespace));
  found.name(cilium.where, "cilium.release", wrong_label(cilium.release));
  if (!cilium.values_key.empty())
    found.name(cilium.where, "cilium.valuesKey", wrong_values_key(cilium.values_key));
  if (!cilium.chart.empty()) found.name(cilium.where, "cilium.chart", wrong_text(cilium.chart));
  for (const std::string& file : cilium.values_files)
    found.name(cilium.where, "cilium.valuesFiles", wrong_text(file));
  found.name(cilium.domain_where, "cilium.domain", wrong_host_name(cilium.domain));
}

// One version as it stands in the file, and the first cluster that has it.
struct Installed {
  std::string text;
  Location where;
  std::string cluster;  // empty: the mesh's
  CiliumVersion version;
};

// Reports a version that cannot be read or is out of range, and returns those that can be compared.
std::optional<CiliumVersion> check_version(const std::string& text, const Location& where, Findings& found) {
  const Result<CiliumVersion> version = parse_version(text);
  if (!version) {
    found.error("version-form", where, fmt::format("cilium.version: {}", version.error().message),
                "Give major, minor and patch of the chart.");
    return std::nullopt;
  }
  if (find_minor(*version) == nullptr) {
    found.error(
        "version-unknown", where,
        fmt::format("cilium.version: {} is older than 1.{}, the oldest that meshdrill writes values for",
                    text, oldest_minor));
    return std::nullopt;
  }
  if (version->major > 1 || version->minor > newest_minor) {
    found.warning(
        "version-unknown", where,
        fmt::format("cilium.version: {} is newer than 1.{}, the newest known, whose values are written", text,
                    newest_minor),
        "Read its upgrade notes before installing.");
  }
  return *version;
}

void check_versions(const Mesh& mesh, Findings& found) {
  std::vector<Installed> installed;
  std::set<std::string> seen;
  const auto add = [&](const std::string& text, const Location& where, const std::string& cluster) {
    if (!seen.insert(text).second) return;
    const auto version = check_version(text, where, found);
    if (version) installed.push_back({text, where, cluster, *version});
  };
  for (const Cluster& cluster : mesh.clusters) add(cluster.version, cluster.version_where, cluster.name);
  // The mesh's own is checked even where every cluster has another.
  if (!seen.contains(mesh.cilium.version))
    check_version(mesh.cilium.version, mesh.cilium.version_where, found);

  const auto newest =
      std::max_element(installed.begin(), installed.end(), [](const Installed& a, const Installed& b) {
        return std::pair{a.version.major, a.version.minor} < std::pair{b.version.major, b.version.minor};
      });
  for (const Installed& one : installed) {
    if (one.version.major == newest->version.major && one.version.minor + 1 >= newest->version.minor)
      continue;
    found.error(
        "version-skew", one.where,
        fmt::format("cilium.version: {} has {} and {} has {} ({}); the clusters of a mesh may be at most "
                    "one minor apart",
                    one.cluster, one.text, newest->cluster, newest->text, to_string(newest->where)),
        "Upgrade the older ones first, one minor at a time.");
  }
}

}  // namespace

void check_cilium(const Mesh& mesh, Findings& found) {
  check_section(mesh.cilium, found);
  for (const Cluster& cluster : mesh.clusters) {
    for (const std::string& file : cluster.values_files)
      found.name(cluster.where, "cilium.valuesFiles", wrong_text(file));
  }
  check_versions(mesh, found);
}

}  // namespace meshdrill::mesh
