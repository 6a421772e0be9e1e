// Reads a mesh file (docs/reference/mesh-file.md) into a Mesh, exactly as written: types, ranges and unknown
// keys are checked here, what the parts mean together in check/check.hpp.
#pragma once

#include "base/document.hpp"
#include "base/key_shape.hpp"
#include "mesh/model.hpp"

#include <span>
#include <string>
#include <string_view>

namespace meshdrill::mesh {

// For a mesh file and its lock: 511 clusters whose nodes are all listed take some megabytes.
inline constexpr DocumentLimits mesh_file_limits{.bytes = 10'000'000};

// The mesh that `document` describes. Nothing is allocated yet.
Checked<Mesh> read_mesh(const Node& document);

// The same from text; `file` names it in the diagnostics.
Checked<Mesh> read_mesh_text(std::string_view text, const std::string& file);

// What a mesh file may hold, and what each key means (file_keys.cpp).
KeyShape mesh_file_shape();
std::span<const KeyMeaning> mesh_file_meanings();

}  // namespace meshdrill::mesh
