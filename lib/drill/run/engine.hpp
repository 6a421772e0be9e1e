// Runs a drill: five phases, one fault, and the restore on every way out.
#pragma once

#include "drill/cluster.hpp"
#include "drill/journal/history.hpp"
#include "drill/scenario/scenario.hpp"
#include "kube/kubeconfig.hpp"
#include "mesh/model.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace meshdrill::drill {

struct RunOptions {
  Scenario scenario;
  std::string scenario_file;  // for messages and the journal
  mesh::Mesh mesh;
  kube::Kubeconfig kubeconfig;
  std::filesystem::path journal;  // must not exist yet
  std::string version;            // of the tool, for the journal
  // How this program is run to watch over the drill (watchdog.hpp), without what only the drill knows: its
  // run, its journal, its epoch. Empty: nobody watches.
  std::vector<std::string> watchdog;
  // Called on the caller's thread after each entry is in the journal; for the live view.
  std::function<void(const Entry&, const History&)> watch;
  // Asked before anything is changed in a cluster that says it is production: whether to go on. None: yes.
  std::function<bool(const std::string& cluster, const std::string& environment)> confirm;
};

// Does it all on the calling thread, which also gets SIGINT, SIGTERM and SIGHUP while it runs: they end the
// drill early, and the restore is done all the same. Returns what the journal says; judge() makes the verdict
// of it. Fails, with nothing contacted, when the kubeconfig lacks a context or the journal cannot be made.
Checked<History> run_drill(RunOptions options);

// What the scenario says of clusters and Services, checked against the mesh: a diagnostic for each that the
// mesh does not have.
Diagnostics check_against_mesh(const Scenario& scenario, const mesh::Mesh& mesh);

// One scenario a cluster to drill, in the order of the mesh, with the Service filled in that the mesh
// implies. The scenario has been checked against the mesh.
std::vector<Scenario> runs_of(const Scenario& scenario, const mesh::Mesh& mesh);

}  // namespace meshdrill::drill
