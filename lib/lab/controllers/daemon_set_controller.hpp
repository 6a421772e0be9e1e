// Keeps one Pod of each DaemonSet on every node that its template's nodeSelector fits; a changed template
// replaces them one by one. Not acted upon: tolerations, affinity, maxUnavailable.
#pragma once

#include "lab/api/work_queue.hpp"

#include <vector>

namespace meshdrill::lab {

class DaemonSetController {
 public:
  // `store` must outlive it. Sees everything that is in the store already.
  DaemonSetController(Executor executor, ObjectStore& store);

 private:
  void on_change(const Change& change);
  void reconcile(const ObjectKey& key);
  [[nodiscard]] std::vector<std::string> fitting_nodes(const Object& set) const;
  void write_status(const ObjectKey& key, std::int64_t wanted, const std::string& revision);

  ObjectStore& store_;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
