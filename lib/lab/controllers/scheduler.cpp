#include "lab/controllers/scheduler.hpp"

#include "lab/api/object_fields.hpp"
#include "lab/controllers/pod_status.hpp"

#include <string>
#include <vector>

namespace meshdrill::lab {

void Scheduler::place(const Object& pod) {
  const Object& selector = fields_at(pod, {"spec", "nodeSelector"});
  std::vector<std::string> fitting;
  for (const ObjectPtr& node : store_.list("nodes")) {
    if (boolean_at(*node, {"spec", "unschedulable"})) continue;
    if (!selector.empty() && !matches_labels(selector, fields_at(*node, {"metadata", "labels"}))) continue;
    fitting.emplace_back(name_of(*node));
  }
  static_cast<void>(store_.modify("pods", namespace_of(pod), name_of(pod), [&](Object& changed) {
    if (fitting.empty()) {
      changed["status"] = unschedulable_status(pod, "no node matches the Pod's node selector");
    } else {
      object_at(changed, {"spec"})["nodeName"] = fitting[last_node_++ % fitting.size()];
    }
  }));
}

}  // namespace meshdrill::lab
