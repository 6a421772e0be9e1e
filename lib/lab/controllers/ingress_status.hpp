// Writes the cluster's ingress address into the status of every Ingress of its class, as ingress-nginx does.
#pragma once

#include "lab/api/work_queue.hpp"

#include <string>

namespace meshdrill::lab {

class IngressStatus {
 public:
  // `store` must outlive it. Sees everything that is in the store already.
  IngressStatus(Executor executor, ObjectStore& store, std::string class_name, std::string address);

 private:
  void reconcile(const ObjectKey& key);

  ObjectStore& store_;
  std::string class_name_;
  std::string address_;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
