// `status` for people: a ladder for each cluster, then the findings, then one line that says it all.
#pragma once

#include "status/checks.hpp"

#include <string>

namespace meshdrill::status {

std::string render_text(const LiveMesh& mesh, const std::vector<Finding>& findings, bool colour);

// "Healthy: 2 clusters.", "Not healthy: 1 error, 2 warnings in 2 clusters."
std::string summary(const LiveMesh& mesh, const std::vector<Finding>& findings);

}  // namespace meshdrill::status
