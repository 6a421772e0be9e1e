// A drill as Markdown that a person can follow by hand: the same steps, checks and limits, with the commands
// to type. Contacts nobody, so what is only known in the cluster is asked for by a command and noted down.
#pragma once

#include "drill/scenario/scenario.hpp"
#include "mesh/model.hpp"

#include <string>

namespace meshdrill::drill {

// Of one run, as runs_of() gives it.
std::string write_runbook(const Scenario& scenario, const mesh::Mesh& mesh, const std::string& drill_file);

}  // namespace meshdrill::drill
