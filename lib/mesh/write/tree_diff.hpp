#pragma once

#include "base/result.hpp"
#include "mesh/write/tree_plan.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace meshdrill::mesh {

// The changes of a plan as `diff -u` shows them, a file after the other, with /dev/null for what is added or
// removed. Of a file that holds secrets, now or before, only that it changes is said.
Result<std::string> diff_tree(const std::filesystem::path& folder, const std::vector<RenderedFile>& files,
                              const TreePlan& plan);

}  // namespace meshdrill::mesh
