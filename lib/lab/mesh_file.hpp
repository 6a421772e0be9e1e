// Mesh files that a lab makes.
#pragma once

#include "mesh/model.hpp"

#include <string>

namespace meshdrill::lab {

// `mesh` as a mesh file, everything that was allocated written out, so that no lock is needed beside it.
std::string write_mesh_file(const mesh::Mesh& mesh);

}  // namespace meshdrill::lab
