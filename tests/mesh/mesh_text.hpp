// Mesh files for tests, and the shortest way from their text to a mesh.
#pragma once

#include "mesh/load.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

namespace meshdrill::mesh {

inline std::string mesh_text(const std::string& clusters, const std::string& rest = {},
                             const std::string& cilium = "{version: 1.18.0}",
                             const std::string& addressing = "{ipv4: {pool: 10.96.0.0/11, cluster: 16}}") {
  return "apiVersion: meshdrill/v1\nkind: Mesh\nmetadata: {name: m}\ncilium: " + cilium +
         "\naddressing: " + addressing + "\nclusters:\n" + clusters + rest;
}

inline std::string cluster_text(const std::string& name, const std::string& rest = {}) {
  return "  - {name: " + name + ", " + rest + (rest.empty() ? "" : ", ") + "apiserver: {ips: [192.0.2.1]}}\n";
}

inline Allocation load_text(const std::string& text, const Lock& lock = {},
                            Renumber renumber = Renumber::refuse) {
  Checked<Allocation> loaded = load_mesh_text(text, "mesh.yaml", lock, renumber);
  REQUIRE_MESSAGE(loaded, to_string(loaded ? Diagnostics{} : loaded.error()));
  return std::move(*loaded);
}

// What is said about a mesh that is refused.
inline std::string refusal(const std::string& text, const Lock& lock = {}) {
  const Checked<Allocation> loaded = load_mesh_text(text, "mesh.yaml", lock);
  REQUIRE_FALSE(loaded);
  return to_string(loaded.error());
}

inline std::filesystem::path source_folder() {
  const char* folder = std::getenv("MESHDRILL_SOURCE_DIR");  // NOLINT(concurrency-mt-unsafe): one thread
  REQUIRE_MESSAGE(folder != nullptr, "MESHDRILL_SOURCE_DIR is not set; run the tests through ctest");
  return folder;
}

}  // namespace meshdrill::mesh
