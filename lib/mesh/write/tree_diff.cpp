#include "mesh/write/tree_diff.hpp"

#include "base/files.hpp"
#include "base/unified_diff.hpp"

#include <map>
#include <string_view>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

namespace fs = std::filesystem;
using Kind = TreeChange::Kind;

constexpr unsigned secret_mode = 0600;

// Of a file that this version of the tree has no more, only the name tells.
bool was_secret(const std::string& path) {
  return path.starts_with("secrets/") || path.find("/secrets/") != std::string::npos;
}

}  // namespace

Result<std::string> diff_tree(const fs::path& folder, const std::vector<RenderedFile>& files,
                              const TreePlan& plan) {
  std::map<std::string_view, const RenderedFile*> by_path;
  for (const RenderedFile& file : files) by_path[file.path] = &file;
  std::string text;
  for (const TreeChange& change : plan.changes) {
    if (change.kind == Kind::unchanged || change.kind == Kind::kept) continue;
    const std::string path = (folder / change.path).string();
    const bool gone = change.kind == Kind::removed;
    const bool fresh = change.kind == Kind::added;
    const RenderedFile* file = gone ? nullptr : by_path.at(change.path);
    if (was_secret(change.path) || (file != nullptr && file->mode == secret_mode)) {
      text += fmt::format("# {}: secret, {}\n", path, gone ? "removed" : fresh ? "added" : "changed");
      continue;
    }
    const Result<std::string> before = fresh ? Result<std::string>{std::string{}} : read_file(path);
    if (!before) return tl::unexpected(before.error());
    text += unified_diff(*before, gone ? std::string_view{} : std::string_view{file->content},
                         fresh ? "/dev/null" : path, gone ? "/dev/null" : path);
  }
  return text;
}

}  // namespace meshdrill::mesh
