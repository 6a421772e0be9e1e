#include "drill/engine.hpp"

#include "drill/run.hpp"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

// A reader that goes away (`| head`) must not kill a drill that has something to restore.
class IgnoreBrokenPipe {
 public:
  IgnoreBrokenPipe() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  IgnoreBrokenPipe(const IgnoreBrokenPipe&) = delete;
  IgnoreBrokenPipe& operator=(const IgnoreBrokenPipe&) = delete;
  ~IgnoreBrokenPipe() { std::signal(SIGPIPE, before_); }

 private:
  void (*before_)(int);
};

}  // namespace

Diagnostics check_against_mesh(const Scenario& scenario, const mesh::Mesh& mesh) {
  std::vector<std::string_view> names;
  for (const mesh::Cluster& cluster : mesh.clusters) names.push_back(cluster.name);
  if (std::find(names.begin(), names.end(), scenario.target.cluster) != names.end()) return {};
  const std::string hint = closest(scenario.target.cluster, names);
  return {{Severity::error, scenario.target.cluster_where,
           fmt::format("target.cluster: the mesh has no cluster \"{}\"", scenario.target.cluster),
           hint.empty() ? fmt::format("It has {}.", fmt::join(names, ", "))
                        : fmt::format("Did you mean \"{}\"?", hint)}};
}

Checked<History> run_drill(RunOptions options) {
  const IgnoreBrokenPipe ignore;
  asio::io_context io{1};
  Diagnostics notes;
  auto clusters = open_clusters(io.get_executor(), options.mesh, options.kubeconfig, notes);
  if (!clusters) return tl::unexpected(clusters.error());
  auto journal = Journal::create(options.journal);
  if (!journal) return tl::unexpected(Diagnostics{{Severity::error, {}, journal.error().message, {}}});
  DrillRun run{io, std::move(options), std::move(*clusters), std::move(*journal)};
  return run.run();
}

}  // namespace meshdrill::drill
