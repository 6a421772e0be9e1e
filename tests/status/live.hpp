// A healthy mesh of two clusters as facts, for tests to break.
#pragma once

#include "status/checks.hpp"

#include <string>

namespace meshdrill::status::test {

// "north" and "south", each other's only peers, with one global Service and an Ingress.
LiveMesh healthy_mesh();

// The rules of what is found, in order, joined by blanks.
std::string rules_found(const LiveMesh& mesh);

}  // namespace meshdrill::status::test
