// What a drill would do, without doing it: the preflight's findings, every write in its order with the right
// that it needs and who has it, and the command that undoes it.
#pragma once

#include "drill/preflight/preflight.hpp"

#include <string>
#include <vector>

namespace meshdrill::drill {

struct PlannedWrite {
  std::string cluster;
  std::string phase;     // "before fail", "fail", "restore", …
  std::string what;      // for a person
  std::string right;     // "update deployments.apps/scale in namespace default"; empty: none of its own
  bool allowed = false;  // by the API's own word
  std::string command;   // the same by hand; empty where there is none
};

struct Plan {
  std::string cluster;  // the target
  std::string user;     // as whom we are known there; empty when the API does not say
  Preflight preflight;
  std::vector<PlannedWrite> writes;
  std::vector<std::string> restore_commands;
};

// Contacts the clusters to read, to ask for rights and to try writes without effect (dryRun=All), and for
// nothing else. `clusters` must outlive the task.
Task<Plan> make_plan(const std::vector<Cluster>& clusters, const Scenario& scenario, const mesh::Mesh& mesh);

}  // namespace meshdrill::drill
