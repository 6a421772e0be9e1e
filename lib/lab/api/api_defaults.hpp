// What the API server fills in and refuses when an object is written.
#pragma once

#include "lab/api/api_status.hpp"
#include "lab/api/object_store.hpp"
#include "lab/api/resource_types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

// Fields that clients leave out and controllers, kubectl and people rely on.
void apply_defaults(const ResourceType& type, Object& object);

// Gives a Service its clusterIP out of `network` ("172.30.0.0/16") and its node ports, as its type needs.
// 500 when none is left. The live Service's stay as they are.
StoreResult<Object> allocate_service(const ObjectStore& store, const Object* live, Object service,
                                     std::string_view network);

// What is wrong with an object that is about to be stored; `live` is what it replaces, or nullptr.
std::vector<FieldCause> validate(const ResourceType& type, const Object* live, const Object& object);

}  // namespace meshdrill::lab
