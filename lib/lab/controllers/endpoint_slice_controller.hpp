// Keeps the EndpointSlices of every Service with a selector: which Pods are behind it, on which port, and
// whether they are ready, serving or terminating.
#pragma once

#include "lab/api/work_queue.hpp"

namespace meshdrill::lab {

class EndpointSliceController {
 public:
  // `store` must outlive it. Sees everything that is in the store already.
  EndpointSliceController(Executor executor, ObjectStore& store);

 private:
  void on_change(const Change& change);
  void reconcile(const ObjectKey& key);

  ObjectStore& store_;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
