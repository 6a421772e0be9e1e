// Puts a rendered tree on disk without ever losing somebody's work: a file is replaced or removed only when
// it is still what meshdrill wrote (tree_plan.hpp).
#pragma once

#include "base/result.hpp"
#include "mesh/render/render.hpp"
#include "mesh/write/tree_plan.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace meshdrill::mesh {

struct TreeError {
  std::string message;
  std::vector<std::string> conflicts;  // files that are not ours to overwrite; empty: the disk said no
};

// A tree that is written in full to a temporary folder, on the same disk, and waits to be moved into place.
// Destroyed without commit(), it leaves no trace.
class StagedTree {
 public:
  // `folder` and its parents are made when missing. With `force`, edited and foreign files are overwritten.
  static tl::expected<StagedTree, TreeError> stage(const std::filesystem::path& folder,
                                                   const std::vector<RenderedFile>& files, bool force);
  StagedTree(StagedTree&& other) noexcept;
  StagedTree& operator=(StagedTree&&) = delete;
  StagedTree(const StagedTree&) = delete;
  StagedTree& operator=(const StagedTree&) = delete;
  ~StagedTree();

  // Moves everything into place; when that fails half-way, puts back what was there.
  tl::expected<void, TreeError> commit();

  // Sorted by path.
  [[nodiscard]] const std::vector<TreeChange>& changes() const { return changes_; }

 private:
  explicit StagedTree(std::filesystem::path folder);

  std::filesystem::path folder_;
  std::filesystem::path stage_;
  std::vector<std::filesystem::path> made_;  // folders that were missing, outermost first
  std::vector<TreeChange> changes_;
};

}  // namespace meshdrill::mesh
