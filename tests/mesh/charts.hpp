// The real charts that lie beside the sources, where they are at hand; they are no part of the repository.
#pragma once

#include "mesh/cilium_version.hpp"
#include "mesh/mesh_text.hpp"

#include <filesystem>
#include <utility>
#include <vector>

namespace meshdrill::mesh {

inline std::vector<std::pair<CiliumVersion, std::filesystem::path>> charts() {
  std::vector<std::pair<CiliumVersion, std::filesystem::path>> found;
  for (const char* above : {"../shared/cilium-chart", "../../shared/cilium-chart"}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{source_folder() / above, error}) {
      const auto version = parse_version(entry.path().filename().string());
      if (version) found.emplace_back(*version, entry.path());
    }
  }
  return found;
}

}  // namespace meshdrill::mesh
