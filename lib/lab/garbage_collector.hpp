// Removes the objects whose owner is gone: ReplicaSets of a deleted Deployment, their Pods, EndpointSlices of
// a deleted Service.
#pragma once

#include "lab/work_queue.hpp"

namespace meshdrill::lab {

class GarbageCollector {
 public:
  // `store` must outlive it.
  GarbageCollector(Executor executor, ObjectStore& store);

 private:
  void collect(const std::string& owner_uid);

  ObjectStore& store_;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
