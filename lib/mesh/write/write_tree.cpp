#include "mesh/write/write_tree.hpp"

#include "base/files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace meshdrill::mesh {
namespace {

namespace fs = std::filesystem;
using Kind = TreeChange::Kind;

tl::unexpected<TreeError> io_error(const fs::path& path, const std::error_code& error) {
  return tl::unexpected<TreeError>(
      TreeError{fmt::format("cannot write {}: {}", path.string(), error.message()), {}});
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

// Makes `folder` and its parents, and notes those that were missing.
std::error_code make_folders(const fs::path& folder, std::vector<fs::path>& made) {
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path at = folder; !at.empty() && !fs::exists(at, error); at = at.parent_path()) {
    if (error) return error;
    missing.push_back(at);
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    if (fs::create_directory(*at, error)) made.push_back(*at);
    if (error) return error;
  }
  if (!fs::is_directory(folder, error) && !error) error = std::make_error_code(std::errc::not_a_directory);
  return error;
}

void remove_made(std::vector<fs::path>& made) {
  std::error_code ignored;
  for (auto at = made.rbegin(); at != made.rend(); ++at) fs::remove(*at, ignored);
  made.clear();
}

// Without the fsync of write_file(): a tree that a power cut damages is generated again.
std::error_code write_plain(const fs::path& path, std::string_view content, unsigned mode) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return error;
  std::ofstream out{path, std::ios::binary};
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out || ::chmod(path.c_str(), mode) != 0) return last_error();
  return {};
}

// The steps of one commit, undone in reverse unless they are kept. `backup` paths lie in the stage.
class Steps {
 public:
  Steps() = default;
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;
  ~Steps() {
    std::error_code ignored;
    for (auto step = done_.rbegin(); step != done_.rend(); ++step) {
      if (step->backup.empty()) {
        fs::remove(step->path, ignored);
      } else {
        fs::rename(step->backup, step->path, ignored);
      }
    }
    remove_made(made_);
  }

  // Moves `fresh` to `path`. What is there keeps its name until the moment at which the new file has it.
  std::error_code put(const fs::path& fresh, const fs::path& path, const fs::path& backup) {
    std::error_code error = make_folders(path.parent_path(), made_);
    if (error) return error;
    const bool replaces = is_there(path);
    if (replaces) {
      fs::create_directories(backup.parent_path(), error);
      if (!error) fs::create_hard_link(path, backup, error);
    }
    if (!error) fs::rename(fresh, path, error);
    if (!error) done_.push_back({path, replaces ? backup : fs::path{}});
    return error;
  }

  std::error_code take_away(const fs::path& path, const fs::path& backup) {
    std::error_code error;
    fs::create_directories(backup.parent_path(), error);
    if (!error) fs::rename(path, backup, error);
    if (!error) done_.push_back({path, backup});
    return error;
  }

  void keep() {
    done_.clear();
    made_.clear();
  }

 private:
  struct Step {
    fs::path path;
    fs::path backup;  // empty: there was nothing at `path`
  };

  std::vector<Step> done_;
  std::vector<fs::path> made_;
};

}  // namespace

StagedTree::StagedTree(fs::path folder) : folder_(std::move(folder)) {}

StagedTree::StagedTree(StagedTree&& other) noexcept
    : folder_(std::move(other.folder_)),
      stage_(std::exchange(other.stage_, {})),
      made_(std::exchange(other.made_, {})),
      changes_(std::move(other.changes_)) {}

StagedTree::~StagedTree() {
  std::error_code ignored;
  if (!stage_.empty()) fs::remove_all(stage_, ignored);
  remove_made(made_);
}

tl::expected<StagedTree, TreeError> StagedTree::stage(const fs::path& folder,
                                                      const std::vector<RenderedFile>& files, bool force) {
  StagedTree tree{folder.lexically_normal() / ""};
  tree.folder_ = tree.folder_.parent_path();  // without a slash at the end
  if (std::error_code error = make_folders(tree.folder_, tree.made_)) return io_error(tree.folder_, error);
  TreePlan plan = plan_tree(tree.folder_, files);
  if (!plan.conflicts.empty() && !force) {
    return tl::unexpected<TreeError>(
        TreeError{fmt::format("{} holds files that meshdrill did not write, or that were edited since",
                              tree.folder_.string()),
                  std::move(plan.conflicts)});
  }
  // Inside the folder, so that it is on the same disk and a folder that cannot be written is found out now.
  std::string stage = (tree.folder_ / ".meshdrill-stage-XXXXXX").string();
  if (::mkdtemp(stage.data()) == nullptr) return io_error(tree.folder_, last_error());
  tree.stage_ = stage;
  tree.changes_ = std::move(plan.changes);
  std::unordered_set<std::string_view> unchanged;
  for (const TreeChange& change : tree.changes_) {
    if (change.kind == Kind::unchanged) unchanged.insert(change.path);
  }
  for (const RenderedFile& file : files) {
    if (unchanged.contains(file.path)) continue;
    const fs::path path = tree.stage_ / "new" / file.path;
    if (std::error_code error = write_plain(path, file.content, file.mode)) return io_error(path, error);
  }
  const fs::path manifest = tree.stage_ / "new" / tree_digests_name;
  if (std::error_code error = write_plain(manifest, plan.digests, 0644)) {
    return io_error(manifest, error);
  }
  return tree;
}

tl::expected<void, TreeError> StagedTree::commit() {
  Steps steps;
  const auto put = [&](const std::string& path) {
    return steps.put(stage_ / "new" / path, folder_ / path, stage_ / "old" / path);
  };
  for (const TreeChange& change : changes_) {
    std::error_code error;
    if (change.kind == Kind::added || change.kind == Kind::changed) error = put(change.path);
    if (change.kind == Kind::removed) {
      error = steps.take_away(folder_ / change.path, stage_ / "old" / change.path);
    }
    if (error) return io_error(folder_ / change.path, error);
  }
  const std::string manifest{tree_digests_name};
  if (std::error_code error = put(manifest)) return io_error(folder_ / manifest, error);
  steps.keep();
  made_.clear();
  for (const TreeChange& change : changes_) {
    if (change.kind != Kind::removed) continue;
    std::error_code ignored;
    for (fs::path at = fs::path{change.path}.parent_path(); !at.empty(); at = at.parent_path()) {
      if (!fs::remove(folder_ / at, ignored)) break;  // fs::remove() leaves a folder that is not empty
    }
  }
  return {};
}

}  // namespace meshdrill::mesh
