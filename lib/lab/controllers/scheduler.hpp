#pragma once

#include "lab/api/object_store.hpp"

#include <cstddef>

namespace meshdrill::lab {

// Gives Pods nodes, one after the other of those that take them.
class Scheduler {
 public:
  // `store` must outlive it.
  explicit Scheduler(ObjectStore& store) : store_(store) {}

  // Writes a node into `pod`, or a status that says why there is none. Looked at: the node selector, and
  // which nodes are cordoned.
  void place(const Object& pod);

 private:
  ObjectStore& store_;
  std::size_t last_node_ = 0;
};

}  // namespace meshdrill::lab
