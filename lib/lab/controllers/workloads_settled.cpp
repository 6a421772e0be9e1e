#include "lab/controllers/workloads_settled.hpp"

#include "lab/api/object_fields.hpp"

namespace meshdrill::lab {

bool workloads_settled(const ObjectStore& store) {
  for (const ObjectPtr& set : store.list("daemonsets")) {
    const auto count = [&](std::string_view name) { return integer_at(*set, {"status", name}).value_or(0); };
    const std::int64_t wanted = count("desiredNumberScheduled");
    const std::int64_t generation = integer_at(*set, {"metadata", "generation"}).value_or(0);
    if (count("observedGeneration") != generation || count("updatedNumberScheduled") != wanted ||
        count("numberReady") != wanted) {
      return false;
    }
  }
  for (const std::string_view type : {"deployments", "statefulsets"}) {
    for (const ObjectPtr& workload : store.list(type)) {
      const auto count = [&](std::string_view name) {
        return integer_at(*workload, {"status", name}).value_or(0);
      };
      const std::int64_t wanted = integer_at(*workload, {"spec", "replicas"}).value_or(1);
      const std::int64_t generation = integer_at(*workload, {"metadata", "generation"}).value_or(0);
      if (count("observedGeneration") != generation || count("replicas") != wanted ||
          count("updatedReplicas") != wanted || count("availableReplicas") != wanted) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace meshdrill::lab
