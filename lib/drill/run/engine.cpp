#include "drill/run/engine.hpp"

#include "drill/run/run.hpp"

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
  Diagnostics found;
  std::vector<std::string_view> names;
  for (const mesh::Cluster& cluster : mesh.clusters) names.push_back(cluster.name);
  const auto demand = [&](const std::string& name, const Location& where, std::string_view key) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    const std::string hint = closest(name, names);
    found.push_back({Severity::error,
                     where,
                     fmt::format("{}: the mesh has no cluster \"{}\"", key, name),
                     hint.empty() ? fmt::format("It has {}.", fmt::join(names, ", "))
                                  : fmt::format("Did you mean \"{}\"?", hint),
                     {}});
  };
  if (!scenario.target.each) demand(scenario.target.cluster, scenario.target.cluster_where, "target.cluster");
  for (const std::string& name : scenario.expected(Phase::hold).survivors)
    demand(name, scenario.target.where, "expect.hold.survivors");
  const bool implied = mesh::ingress_backend(mesh) != nullptr || scenario.target.ingress;
  if (scenario.target.service.name.empty() && !implied) {
    found.push_back({Severity::error,
                     scenario.target.where,
                     "target: the mesh has no ingress that would imply which Service is asked",
                     "Give target.service.",
                     {}});
  }
  if (scenario.traffic.url.empty() && mesh::url(mesh).empty()) {
    found.push_back({Severity::error,
                     scenario.target.where,
                     "traffic.url: the mesh has no ingress, so the URL to ask must be given",
                     {},
                     {}});
  }
  return found;
}

std::vector<Scenario> runs_of(const Scenario& scenario, const mesh::Mesh& mesh) {
  std::vector<Scenario> runs;
  for (const mesh::Cluster& cluster : mesh.clusters) {
    if (!scenario.target.each && scenario.target.cluster != cluster.name) continue;
    Scenario run = scenario;
    run.target.cluster = cluster.name;
    const mesh::GlobalService* backend = mesh::ingress_backend(mesh);
    if (run.target.service.name.empty() && !run.target.ingress && backend != nullptr)
      run.target.service = {backend->kube_namespace, backend->name};
    runs.push_back(std::move(run));
  }
  return runs;
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
