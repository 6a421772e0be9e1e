#include "lab/controllers/mount_files.hpp"

#include "lab/api/object_fields.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

using Mounted = tl::expected<PodFiles, std::string>;

// The files of one volume by their path within it; empty for volumes that are not made from a ConfigMap.
Mounted volume_files(const ObjectStore& store, std::string_view ns, const Object& volume) {
  const Object* source = find_object(volume, {"configMap"});
  if (source == nullptr) return PodFiles{};
  const std::string_view name = text_at(*source, {"name"});
  const bool optional = boolean_at(*source, {"optional"});
  const ObjectPtr config_map = store.get("configmaps", ns, name);
  if (!config_map) {
    if (optional) return PodFiles{};
    return tl::unexpected(
        fmt::format("MountVolume.SetUp failed for volume \"{}\" : configmap \"{}\" not found",
                    text_at(volume, {"name"}), name));
  }
  const Object& data = fields_at(*config_map, {"data"});
  PodFiles files;
  const json::array& items = items_at(*source, {"items"});
  for (const json::value& item : items) {
    if (!item.is_object()) continue;
    const std::string_view key = text_at(item.get_object(), {"key"});
    const json::value* value = data.if_contains(key);
    if (value == nullptr && !optional) {
      return tl::unexpected(fmt::format("configmap references non-existent config key: {}", key));
    }
    if (value != nullptr && value->is_string()) {
      files.emplace(text_at(item.get_object(), {"path"}), value->get_string());
    }
  }
  if (!items.empty()) return files;
  for (const auto& [key, value] : data) {
    if (value.is_string()) files.emplace(key, value.get_string());
  }
  return files;
}

void place(const Object& mount, const PodFiles& volume, PodFiles& files) {
  const std::string at{text_at(mount, {"mountPath"})};
  const std::string_view sub_path = text_at(mount, {"subPath"});
  if (sub_path.empty()) {
    for (const auto& [path, content] : volume) files[fmt::format("{}/{}", at, path)] = content;
  } else if (const auto found = volume.find(std::string(sub_path)); found != volume.end()) {
    files[at] = found->second;
  }
}

}  // namespace

tl::expected<PodFiles, std::string> mount_files(const ObjectStore& store, const Object& pod) {
  std::map<std::string, PodFiles> volumes;
  for (const json::value& item : items_at(pod, {"spec", "volumes"})) {
    if (!item.is_object()) continue;
    auto files = volume_files(store, namespace_of(pod), item.get_object());
    if (!files) return tl::unexpected(files.error());
    volumes[std::string(text_at(item.get_object(), {"name"}))] = std::move(*files);
  }
  PodFiles files;
  for (const json::value& container : items_at(pod, {"spec", "containers"})) {
    if (!container.is_object()) continue;
    for (const json::value& mount : items_at(container.get_object(), {"volumeMounts"})) {
      if (!mount.is_object()) continue;
      const auto volume = volumes.find(std::string(text_at(mount.get_object(), {"name"})));
      if (volume != volumes.end()) place(mount.get_object(), volume->second, files);
    }
  }
  return files;
}

}  // namespace meshdrill::lab
