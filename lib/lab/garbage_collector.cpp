#include "lab/garbage_collector.hpp"

#include "lab/pod_deletion.hpp"

#include <array>

namespace meshdrill::lab {
namespace {

bool owned_by(const Object& object, const std::string& uid) {
  for (const boost::json::value& item : items_at(object, {"metadata", "ownerReferences"})) {
    if (item.is_object() && text_at(item.get_object(), {"uid"}) == uid) return true;
  }
  return false;
}

}  // namespace

GarbageCollector::GarbageCollector(Executor executor, ObjectStore& store)
    : store_(store),
      queue_(executor, [this](const ObjectKey& key) { collect(key.name); }),
      subscription_(store.subscribe([this](const Change& change) {
        if (change.type == Change::Type::deleted) queue_.add({{}, uid_of(*change.object)});
      })) {}

void GarbageCollector::collect(const std::string& owner_uid) {
  static constexpr std::array<std::string_view, 3> dependents = {"replicasets", "pods", "endpointslices"};
  for (const std::string_view resource : dependents) {
    for (const ObjectPtr& object : store_.list(resource)) {
      if (!owned_by(*object, owner_uid)) continue;
      if (resource == "pods") {
        begin_pod_deletion(store_, *object);
      } else {
        static_cast<void>(store_.remove(resource, namespace_of(*object), name_of(*object)));
      }
    }
  }
}

}  // namespace meshdrill::lab
