#pragma once

#include "lab/api/object_store.hpp"

namespace meshdrill::lab {

// Starts the graceful deletion of a Pod, as the API server does on DELETE: it gets a deletionTimestamp, and
// goes when the kubelet has ended it. Does nothing to one that is gone or going already.
void begin_pod_deletion(ObjectStore& store, const Object& pod);

}  // namespace meshdrill::lab
