// What writing a rendered tree to a folder would change there. Reads only.
#pragma once

#include "mesh/render/render.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::mesh {

// What meshdrill wrote to a folder last, in the form of sha256sum: a file is replaced or removed only while
// it is still that.
inline constexpr std::string_view tree_digests_name = ".meshdrill-files";

struct TreeChange {
  enum class Kind { added, changed, unchanged, removed, kept };  // kept: stale, but edited since
  Kind kind;
  std::string path;  // relative to the folder
};

struct TreePlan {
  std::vector<TreeChange> changes;     // sorted by path
  std::vector<std::string> conflicts;  // files that are not ours to overwrite, sorted
  std::string digests;                 // the content of tree_digests_name afterwards
};

// Path -> SHA-256 of what meshdrill wrote there last; empty for a folder that it did not write.
std::map<std::string, std::string> tree_digests(const std::filesystem::path& folder);

// A folder that does not exist is an empty one.
TreePlan plan_tree(const std::filesystem::path& folder, const std::vector<RenderedFile>& files);

}  // namespace meshdrill::mesh
