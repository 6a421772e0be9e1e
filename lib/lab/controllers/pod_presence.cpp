#include "lab/controllers/pod_presence.hpp"

#include <algorithm>

namespace meshdrill::lab {

PodPresence::PodPresence(Executor executor, ObjectStore& store, std::string ns, Object labels,
                         std::function<void(bool present)> changed)
    : store_(store),
      ns_(std::move(ns)),
      labels_(std::move(labels)),
      changed_(std::move(changed)),
      queue_(executor, [this](const ObjectKey&) { look(); }),
      subscription_(store.subscribe([this](const Change& change) {
        if (change.resource == "pods" && namespace_of(*change.object) == ns_) queue_.add({});
      })) {}

void PodPresence::look() {
  const std::vector<ObjectPtr> pods = store_.list("pods", ns_);
  const bool present = std::ranges::any_of(pods, [&](const ObjectPtr& pod) {
    return matches_labels(labels_, fields_at(*pod, {"metadata", "labels"})) && condition_true(*pod, "Ready");
  });
  seen_ = seen_ || present;
  if (!seen_ || present == present_) return;
  present_ = present;
  changed_(present);
}

}  // namespace meshdrill::lab
