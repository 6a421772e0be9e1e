// Makes each Deployment's ReplicaSets be what the Deployment says: one for its template as it is, older ones
// drained step by step within maxSurge and maxUnavailable. Fills in the status that `kubectl rollout status`
// reads. Not acted upon: minReadySeconds, progressDeadlineSeconds.
#pragma once

#include "lab/api/work_queue.hpp"

#include <vector>

namespace meshdrill::lab {

class DeploymentController {
 public:
  // Both must outlive it. Sees everything that is in the store already.
  DeploymentController(Executor executor, ObjectStore& store);

 private:
  struct Replicas;

  void on_change(const Change& change);
  void reconcile(const ObjectKey& key);
  [[nodiscard]] std::vector<ObjectPtr> owned_sets(const Object& deployment) const;
  ObjectPtr create_set(const Object& deployment, const std::vector<ObjectPtr>& existing);
  void scale_set(const Object& set, std::int64_t replicas);
  void roll(const Object& deployment, const Object& newest, const std::vector<ObjectPtr>& older);
  void remove_history(const Object& deployment, const std::vector<ObjectPtr>& older);
  void write_status(const ObjectKey& key, const Object& newest, const std::vector<ObjectPtr>& all);

  ObjectStore& store_;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
