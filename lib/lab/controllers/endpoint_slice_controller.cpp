#include "lab/controllers/endpoint_slice_controller.hpp"

#include "lab/controllers/endpoint_slices.hpp"

namespace meshdrill::lab {
namespace {

constexpr std::string_view manager = "endpointslice-controller.k8s.io";

}  // namespace

EndpointSliceController::EndpointSliceController(Executor executor, ObjectStore& store)
    : store_(store),
      queue_(executor, [this](const ObjectKey& key) { reconcile(key); }),
      subscription_(store.subscribe([this](const Change& change) { on_change(change); })) {
  for (const ObjectPtr& service : store_.list("services")) queue_.add(key_of(*service));
}

void EndpointSliceController::on_change(const Change& change) {
  if (change.resource == "services") {
    queue_.add(key_of(*change.object));
  } else if (change.resource == "pods") {
    for (const ObjectPtr& service : store_.list("services", namespace_of(*change.object))) {
      queue_.add(key_of(*service));
    }
  } else if (change.resource == "endpointslices" && label(*change.object, managed_by_label) == manager) {
    queue_.add({std::string(namespace_of(*change.object)), label(*change.object, service_name_label)});
  }
}

void EndpointSliceController::reconcile(const ObjectKey& key) {
  const ObjectPtr service = store_.get("services", key.ns, key.name);
  if (!service) return;
  const Object& selector = fields_at(*service, {"spec", "selector"});
  if (selector.empty()) return;  // its endpoints are somebody else's to write
  std::vector<ObjectPtr> pods;
  for (ObjectPtr& pod : store_.list("pods", key.ns)) {
    if (matches_labels(selector, fields_at(*pod, {"metadata", "labels"}))) pods.push_back(std::move(pod));
  }
  SliceOwner owner{.service = *service, .name_prefix = key.name + "-", .labels = {}};
  owner.labels[service_name_label] = key.name;
  owner.labels[managed_by_label] = manager;
  store_slices(store_, owner, slices_of_pods(*service, pods));
}

}  // namespace meshdrill::lab
