// Keeps the Pods NAME-0, NAME-1, … of each StatefulSet: made and ended in order, one waiting for the one
// before (podManagementPolicy OrderedReady), or all at once (Parallel); a changed template replaces them from
// the last to the first. Not acted upon: volumeClaimTemplates, minReadySeconds.
#pragma once

#include "lab/api/work_queue.hpp"

#include <map>

namespace meshdrill::lab {

class StatefulSetController {
 public:
  // `store` must outlive it. Sees everything that is in the store already.
  StatefulSetController(Executor executor, ObjectStore& store);

 private:
  using Pods = std::map<std::int64_t, ObjectPtr>;  // by ordinal

  void on_change(const Change& change);
  void reconcile(const ObjectKey& key);
  // Each does what can be done now, and says whether all is as it should be.
  bool create_missing(const Object& set, const std::string& revision);
  bool remove_surplus(const Object& set);
  void replace_outdated(const Object& set, const std::string& revision);
  void write_status(const ObjectKey& key, const std::string& revision);
  [[nodiscard]] Pods pods_of(const Object& set) const;

  ObjectStore& store_;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
