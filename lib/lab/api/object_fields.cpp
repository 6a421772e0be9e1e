#include "lab/api/object_fields.hpp"

#include "lab/api/timestamps.hpp"

#include <chrono>

namespace meshdrill::lab {

namespace json = boost::json;

const Object& fields_at(const Object& object, Path path) {
  static const Object none;
  const Object* found = find_object(object, path);
  return found == nullptr ? none : *found;
}

const json::array& items_at(const Object& object, Path path) {
  static const json::array none;
  const json::array* found = find_array(object, path);
  return found == nullptr ? none : *found;
}

bool boolean_at(const Object& object, Path path, bool fallback) {
  const json::value* value = find_value(object, path);
  return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

std::string uid_of(const Object& object) {
  return std::string(text_at(object, {"metadata", "uid"}));
}

std::string annotation(const Object& object, std::string_view key) {
  return std::string(text_at(object, {"metadata", "annotations", key}));
}

std::string label(const Object& object, std::string_view key) {
  return std::string(text_at(object, {"metadata", "labels", key}));
}

bool being_deleted(const Object& object) {
  return !text_at(object, {"metadata", "deletionTimestamp"}).empty();
}

bool matches_labels(const Object& wanted, const Object& labels) {
  if (wanted.empty()) return false;
  for (const auto& [key, value] : wanted) {
    const json::value* found = labels.if_contains(key);
    if (found == nullptr || *found != value) return false;
  }
  return true;
}

bool condition_true(const Object& object, std::string_view type) {
  for (const json::value& item : items_at(object, {"status", "conditions"})) {
    if (!item.is_object() || text_at(item.get_object(), {"type"}) != type) continue;
    return text_at(item.get_object(), {"status"}) == "True";
  }
  return false;
}

std::string controller_uid(const Object& object, std::string_view kind) {
  for (const json::value& item : items_at(object, {"metadata", "ownerReferences"})) {
    if (!item.is_object()) continue;
    const Object& owner = item.get_object();
    if (boolean_at(owner, {"controller"}) && text_at(owner, {"kind"}) == kind) {
      return std::string(text_at(owner, {"uid"}));
    }
  }
  return {};
}

Object controller_reference(const Object& owner, std::string_view api_version, std::string_view kind) {
  return Object{{"apiVersion", api_version}, {"kind", kind},       {"name", name_of(owner)},
                {"uid", uid_of(owner)},      {"controller", true}, {"blockOwnerDeletion", true}};
}

bool endpoint_ready(const Object& endpoint) {
  return boolean_at(endpoint, {"conditions", "ready"}, true);
}

ObjectKey key_of(const Object& object) {
  return {std::string(namespace_of(object)), std::string(name_of(object))};
}

std::string timestamp_now() {
  return to_timestamp(std::chrono::system_clock::now());
}

}  // namespace meshdrill::lab
