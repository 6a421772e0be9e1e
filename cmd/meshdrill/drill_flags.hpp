// What plan, run and runbook have in common: the drill file, the mesh file, and what is said about both.
#pragma once

#include "drill/scenario/scenario.hpp"
#include "mesh/model.hpp"

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace meshdrill::cli {

struct DrillFlags {
  std::string file;
  std::string mesh;
  std::string kubeconfig;
  std::vector<std::string> allowed_owners;
};

// `contacts`: with the flags of verbs that talk to clusters.
void add_drill_flags(CLI::App& verb, DrillFlags& flags, bool contacts);

struct LoadedDrill {
  drill::Scenario scenario;
  mesh::Mesh mesh;
};

// Both files, checked against each other; nothing, with the errors printed, when they cannot be used.
std::optional<LoadedDrill> load_drill(const DrillFlags& flags);

}  // namespace meshdrill::cli
