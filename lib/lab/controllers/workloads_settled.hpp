#pragma once

#include "lab/api/object_store.hpp"

namespace meshdrill::lab {

// Whether every Deployment, StatefulSet and DaemonSet has the ready Pods that it asks for, and no others.
bool workloads_settled(const ObjectStore& store);

}  // namespace meshdrill::lab
