// Keeps as many Pods alive as each ReplicaSet asks for.
#pragma once

#include "lab/api/work_queue.hpp"

#include <vector>

namespace meshdrill::lab {

class ReplicaSetController {
 public:
  // `store` must outlive it. Sees everything that is in the store already.
  ReplicaSetController(Executor executor, ObjectStore& store);

 private:
  void on_change(const Change& change);
  void reconcile(const ObjectKey& key);
  void create_pod(const Object& set);
  // Not-ready ones first, then the youngest.
  void delete_pods(std::vector<ObjectPtr> pods, std::size_t count);
  void write_status(const ObjectKey& key, const std::vector<ObjectPtr>& pods);

  ObjectStore& store_;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
