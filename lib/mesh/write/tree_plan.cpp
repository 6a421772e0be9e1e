#include "mesh/write/tree_plan.hpp"

#include "base/files.hpp"
#include "base/sha256.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

namespace fs = std::filesystem;
using Kind = TreeChange::Kind;

// Path -> digest of what meshdrill wrote there last.
using Manifest = std::map<std::string, std::string>;

// Whether a relative path leads nowhere but into its folder, so that a tampered manifest names no other
// files.
bool stays_inside(const fs::path& path) {
  return path.is_relative() && path == path.lexically_normal() && *path.begin() != "..";
}

std::string to_text(const Manifest& manifest) {
  std::string text;
  for (const auto& [path, digest] : manifest) text += fmt::format("{}  {}\n", digest, path);
  return text;
}

// Nothing when there is no such file, or it is no regular file.
std::optional<std::string> content_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return std::nullopt;
  Result<std::string> content = read_file(path);
  if (!content) return std::nullopt;
  return std::move(*content);
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

// Something other than a folder where `path` needs a folder; empty when there is none.
std::string blocked_by(const fs::path& folder, const std::string& path) {
  for (fs::path parent = fs::path{path}.parent_path(); !parent.empty(); parent = parent.parent_path()) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(folder / parent, error);
    if (fs::exists(status) && !fs::is_directory(status)) return parent.string();
  }
  return {};
}

struct Draft {
  TreePlan plan;
  Manifest manifest;  // of the tree as it will be
};

// Whether a secret is open to others than its owner.
bool is_exposed(const fs::path& path) {
  std::error_code error;
  const fs::perms others = fs::perms::group_all | fs::perms::others_all;
  return (fs::status(path, error).permissions() & others) != fs::perms::none;
}

void plan_file(const fs::path& folder, const RenderedFile& file, const Manifest& before, Draft& draft) {
  const std::string digest = sha256(file.content);
  TreePlan& plan = draft.plan;
  draft.manifest[file.path] = digest;
  const std::string obstacle = blocked_by(folder, file.path);
  const fs::path target = folder / file.path;
  if (!obstacle.empty()) {
    plan.conflicts.push_back(obstacle);
  } else if (!is_there(target)) {
    plan.changes.push_back({Kind::added, file.path});
  } else if (const auto content = content_of(target); content == file.content) {
    const bool exposed = file.mode == 0600 && is_exposed(target);
    plan.changes.push_back({exposed ? Kind::changed : Kind::unchanged, file.path});
  } else {
    const auto ours = before.find(file.path);
    const bool untouched = content && ours != before.end() && sha256(*content) == ours->second;
    if (!untouched) plan.conflicts.push_back(file.path);
    plan.changes.push_back({Kind::changed, file.path});
  }
}

// What stood in the tree before and is no part of it any more.
void plan_stale(const fs::path& folder, const Manifest& before, Draft& draft) {
  for (const auto& [path, digest] : before) {
    if (draft.manifest.contains(path) || !blocked_by(folder, path).empty()) continue;
    const auto content = content_of(folder / path);
    if (!content) continue;
    draft.plan.changes.push_back({sha256(*content) == digest ? Kind::removed : Kind::kept, path});
  }
}

}  // namespace

std::map<std::string, std::string> tree_digests(const fs::path& folder) {
  Manifest manifest;
  std::ifstream in{folder / tree_digests_name};
  for (std::string line; std::getline(in, line);) {
    constexpr std::size_t digest_length = 64;
    constexpr std::size_t path_start = digest_length + 2;  // two blanks, as sha256sum writes them
    if (line.size() <= path_start || !stays_inside(line.substr(path_start))) continue;
    manifest[line.substr(path_start)] = line.substr(0, digest_length);
  }
  return manifest;
}

TreePlan plan_tree(const fs::path& folder, const std::vector<RenderedFile>& files) {
  const Manifest before = tree_digests(folder);
  Draft draft;
  for (const RenderedFile& file : files) plan_file(folder, file, before, draft);
  plan_stale(folder, before, draft);
  TreePlan plan = std::move(draft.plan);
  std::sort(plan.changes.begin(), plan.changes.end(),
            [](const TreeChange& a, const TreeChange& b) { return a.path < b.path; });
  std::sort(plan.conflicts.begin(), plan.conflicts.end());
  plan.conflicts.erase(std::unique(plan.conflicts.begin(), plan.conflicts.end()), plan.conflicts.end());
  plan.digests = to_text(draft.manifest);
  return plan;
}

}  // namespace meshdrill::mesh
