// What a controller still has to look at. However often a key is added, it is handled once, soon, from the
// context: controllers compare what is with what should be, so only the last change counts.
#pragma once

#include "base/async.hpp"
#include "lab/api/object_fields.hpp"

#include <functional>
#include <memory>

namespace meshdrill::lab {

class WorkQueue {
 public:
  using Handler = std::function<void(const ObjectKey&)>;

  WorkQueue(Executor executor, Handler handler);
  ~WorkQueue();  // what is still in it is dropped
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void add(const ObjectKey& key);

 private:
  struct State;
  Executor executor_;
  std::shared_ptr<State> state_;
};

}  // namespace meshdrill::lab
