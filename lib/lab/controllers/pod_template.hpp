// What the controllers that make Pods have in common: a Pod out of a workload's template, and a short hash
// that tells one template from another.
#pragma once

#include "lab/api/object_fields.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

// Ten characters that depend on `text` alone, of those that Kubernetes uses in names (no vowels, no words).
std::string short_hash(std::string_view text);

// A pending Pod of `owner` (an apps/v1 `kind`) from its spec.template, without a name.
Object pod_from_template(const Object& owner, std::string_view kind);

// Neither on its way out nor at its end.
bool pod_active(const Object& pod);

// The Pods that `owner` controls, those that are going included.
std::vector<ObjectPtr> owned_pods(const ObjectStore& store, const Object& owner, std::string_view kind);

}  // namespace meshdrill::lab
