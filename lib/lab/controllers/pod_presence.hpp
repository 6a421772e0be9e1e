// Tells when the last Pod of a workload is gone and when the first is there again, for what the lab does in
// that Pod's place: the ingress at its address, the exchange between clusters.
#pragma once

#include "lab/api/work_queue.hpp"

#include <functional>

namespace meshdrill::lab {

class PodPresence {
 public:
  // `store` must outlive it. `changed` is called with whether a ready Pod in `ns` with these labels is left
  // (one that is going still counts, until it has gone); for the first time when one that was there is not.
  PodPresence(Executor executor, ObjectStore& store, std::string ns, Object labels,
              std::function<void(bool present)> changed);

 private:
  void look();

  ObjectStore& store_;
  std::string ns_;
  Object labels_;
  std::function<void(bool)> changed_;
  bool seen_ = false;  // there was one
  bool present_ = true;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
