// From a mesh file to a mesh that can be installed: read, checked, allocated and checked again.
#pragma once

#include "mesh/allocate/allocate.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace meshdrill::mesh {

// Reads the mesh file and the lock beside it; writes nothing. The findings of the result hold no errors.
Checked<Allocation> load_mesh(const std::filesystem::path& mesh_file, Renumber renumber = Renumber::refuse);

// The same from text, with the lock given.
Checked<Allocation> load_mesh_text(std::string_view text, const std::string& file, const Lock& lock = {},
                                   Renumber renumber = Renumber::refuse);

}  // namespace meshdrill::mesh
