#pragma once

#include "lab/api/object_store.hpp"

#include <vector>

namespace meshdrill::lab {

// The status of a Deployment whose ReplicaSets are `all`, `newest` the one of its template: counts that are
// 0 are absent, and a condition keeps its times while it says the same.
Object deployment_status(const Object& deployment, const Object& newest, const std::vector<ObjectPtr>& all);

}  // namespace meshdrill::lab
