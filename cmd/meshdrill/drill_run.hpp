#pragma once

#include "drill/scenario.hpp"
#include "kube/kubeconfig.hpp"
#include "mesh/model.hpp"

#include <filesystem>
#include <string>

namespace meshdrill::cli {

struct DrillRun {
  drill::Scenario scenario;
  std::string scenario_file;
  mesh::Mesh mesh;
  kube::Kubeconfig kubeconfig;
  std::filesystem::path journal;
  std::string output = "text";  // or json
};

// Runs a drill with the live view on stderr and the report on stdout; returns the exit code.
int run_and_report(DrillRun run);

}  // namespace meshdrill::cli
