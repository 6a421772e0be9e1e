#include "status/checks.hpp"
#include "status/parse.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

bool mcs_is_on(const LiveCluster& cluster) {
  return is_word(cluster.setting("clustermesh-enable-mcs-api", "false"), "true");
}

void check_export(const LiveCluster& cluster, const McsView& one, Found& found) {
  if (!mcs_is_on(cluster)) {
    found.add("mcs-api-off", cluster.name(),
              fmt::format("ServiceExport {} exists, and clustermesh-enable-mcs-api is false", one.key),
              "Set clustermesh.mcsapi.enabled: true (before 1.19: clustermesh.enableMCSAPISupport).");
  }
  if (!one.invalid.empty()) {
    found.add("mcs-conflict", Level::error, cluster.name(),
              fmt::format("ServiceExport {} is not valid: {}", one.key, one.invalid),
              "It needs a Service of its name.");
  } else if (!one.conflict.empty()) {
    found.add("mcs-conflict", cluster.name(),
              fmt::format("ServiceExport {} is in conflict: {}", one.key, one.conflict),
              "The oldest export wins: make the Services equal in ports and type.");
  }
}

}  // namespace

void check_mcs(const LiveMesh& mesh, Found& found) {
  std::map<std::string, const LiveCluster*> exported;  // by whom first, where somebody acts on it
  for (const LiveCluster& cluster : mesh.clusters) {
    for (const McsView& one : cluster.exports) {
      check_export(cluster, one, found);
      if (mcs_is_on(cluster) && one.invalid.empty()) exported.emplace(one.key, &cluster);
    }
  }
  for (const auto& [key, exporter] : exported) {
    for (const LiveCluster& cluster : mesh.clusters) {
      if (!cluster.reachable || !mcs_is_on(cluster) || cluster.unreadable("the ServiceImports")) continue;
      if (std::ranges::count(cluster.imports, key, &McsView::key) > 0) continue;
      found.add("mcs-import-missing", cluster.name(),
                fmt::format("there is no ServiceImport {}, which {} exports", key, exporter->name()),
                fmt::format("Its Namespace must exist here: kubectl create namespace {}",
                            key.substr(0, key.find('/'))));
    }
  }
}

}  // namespace meshdrill::status
