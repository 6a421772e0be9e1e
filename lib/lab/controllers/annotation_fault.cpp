#include "lab/controllers/annotation_fault.hpp"

#include <utility>

namespace meshdrill::lab {

AnnotationFault::AnnotationFault(ObjectStore& store, std::string resource,
                                 std::vector<std::string> annotations)
    : store_(store), resource_(std::move(resource)), annotations_(std::move(annotations)) {}

void AnnotationFault::set(bool on) {
  if (on == (subscription_ != nullptr)) return;
  if (!on) {
    subscription_.reset();
    put_back();
    return;
  }
  subscription_ = store_.subscribe([this](const Change& change) {
    if (change.resource == resource_ && change.type != Change::Type::deleted) strip(*change.object);
  });
  for (const ObjectPtr& object : store_.list(resource_)) strip(*object);
}

void AnnotationFault::strip(const Object& object) {
  std::map<std::string, std::string> found;
  for (const std::string& key : annotations_) {
    if (std::string value = annotation(object, key); !value.empty()) found[key] = std::move(value);
  }
  if (found.empty()) return;
  const ObjectKey key = key_of(object);
  for (const auto& [name, value] : found) taken_[key][name] = value;
  // An object that is gone meanwhile has nothing to take off.
  static_cast<void>(store_.modify(resource_, key.ns, key.name, [&found](Object& changed) {
    for (const auto& [name, value] : found) object_at(changed, {"metadata", "annotations"}).erase(name);
  }));
}

void AnnotationFault::put_back() {
  for (const auto& [key, annotations] : std::exchange(taken_, {})) {
    static_cast<void>(store_.modify(resource_, key.ns, key.name, [&values = annotations](Object& changed) {
      Object& present = object_at(changed, {"metadata", "annotations"});
      for (const auto& [name, value] : values) {
        if (!present.contains(name)) present[name] = value;
      }
    }));
  }
}

}  // namespace meshdrill::lab
