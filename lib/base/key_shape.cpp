#include "base/key_shape.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshdrill {
namespace {

constexpr std::string_view of_a_cluster = "clusters[].";

void collect_paths(const KeyShape& map, const std::string& prefix, std::vector<std::string>& paths) {
  for (const KeyShape& shape : map.keys) {
    const std::string path = prefix + shape.key;
    paths.push_back(path);
    if (shape.kind == ValueKind::map) collect_paths(shape, path + ".", paths);
    if (shape.kind == ValueKind::maps) collect_paths(shape, path + "[].", paths);
    if (shape.kind == ValueKind::named_maps) collect_paths(shape, path + ".*.", paths);
  }
}

}  // namespace

KeyShape& KeyShape::at(std::string_view name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const KeyShape& shape) { return shape.key == name; });
  if (found != keys.end()) return *found;
  keys.emplace_back().key = name;
  return keys.back();
}

bool is_about(std::string_view row, std::string_view path) {
  while (true) {
    const std::size_t row_end = row.find('.');
    const std::size_t path_end = path.find('.');
    const std::string_view step = row.substr(0, row_end);
    if (step != "*" && step != path.substr(0, path_end)) return false;
    const bool last = row_end == std::string_view::npos;
    if (last || path_end == std::string_view::npos) return last == (path_end == std::string_view::npos);
    row.remove_prefix(row_end + 1);
    path.remove_prefix(path_end + 1);
  }
}

const KeyMeaning* find_meaning(std::span<const KeyMeaning> meanings, std::string_view path) {
  const auto found = std::find_if(meanings.begin(), meanings.end(),
                                  [&](const KeyMeaning& meaning) { return is_about(meaning.path, path); });
  if (found != meanings.end()) return &*found;
  if (!path.starts_with(of_a_cluster)) return nullptr;
  return find_meaning(meanings, path.substr(of_a_cluster.size()));
}

std::vector<std::string> unmatched_keys(const KeyShape& root, std::span<const KeyMeaning> meanings) {
  std::vector<std::string> paths;
  collect_paths(root, "", paths);
  std::vector<std::string> wrong;
  std::set<std::string_view> used;
  for (const std::string& path : paths) {
    const KeyMeaning* meaning = find_meaning(meanings, path);
    if (meaning == nullptr) {
      wrong.push_back(fmt::format("{} has no row in the table of meanings", path));
    } else {
      used.insert(meaning->path);
    }
  }
  for (const KeyMeaning& meaning : meanings) {
    if (!used.contains(meaning.path)) {
      wrong.push_back(fmt::format("{} has a row, and no reader asks for it", meaning.path));
    }
  }
  return wrong;
}

}  // namespace meshdrill
