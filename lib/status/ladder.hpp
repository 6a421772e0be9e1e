// One cluster in a line for each rung: what it is, right or wrong.
#pragma once

#include "status/checks.hpp"

#include <string>
#include <vector>

namespace meshdrill::status {

struct LadderRow {
  Group group;
  std::string_view label;  // "settings"
  std::string text;        // "ID 1 of 255, tunnel vxlan, …"
};

std::vector<LadderRow> ladder_of(const LiveMesh& mesh, const LiveCluster& cluster);

}  // namespace meshdrill::status
