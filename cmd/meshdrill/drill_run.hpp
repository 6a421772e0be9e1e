#pragma once

#include "drill/scenario/scenario.hpp"
#include "kube/kubeconfig.hpp"
#include "mesh/model.hpp"
#include "report_outputs.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace meshdrill::cli {

struct DrillRun {
  drill::Scenario scenario;  // of one cluster, as drill::runs_of() gives it
  std::string scenario_file;
  mesh::Mesh mesh;
  kube::Kubeconfig kubeconfig;
  std::filesystem::path journal;
  ReportOutputs outputs;
  std::vector<std::string> confirmed;  // clusters that may be drilled although they are production
  bool may_ask = true;                 // at a terminal, about the others
  std::vector<std::string> watchdog;   // RunOptions::watchdog
};

// Runs a drill with the live view on stderr and the report on stdout and in files; returns the exit code.
int run_and_report(DrillRun run);

}  // namespace meshdrill::cli
