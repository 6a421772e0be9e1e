#include "lab/controllers/pod_deletion.hpp"

#include "lab/api/object_fields.hpp"
#include "lab/api/timestamps.hpp"

#include <chrono>

namespace meshdrill::lab {

void begin_pod_deletion(ObjectStore& store, const Object& pod) {
  // A Pod that is gone meanwhile is what was wanted.
  static_cast<void>(store.modify("pods", namespace_of(pod), name_of(pod), [](Object& going) {
    if (being_deleted(going)) return;
    const std::int64_t grace = integer_at(going, {"spec", "terminationGracePeriodSeconds"}).value_or(30);
    Object& metadata = object_at(going, {"metadata"});
    metadata["deletionTimestamp"] =
        to_timestamp(std::chrono::system_clock::now() + std::chrono::seconds(grace));
    metadata["deletionGracePeriodSeconds"] = grace;
  }));
}

}  // namespace meshdrill::lab
