// Runs coroutines side by side, only so many at a time.
#pragma once

#include "base/async.hpp"

#include <memory>

namespace meshdrill::status {

class Gather {
 public:
  Gather(Executor executor, int limit);

  // Starts it now, or when one of those before it has ended. What it uses must outlive it.
  void add(Task<> task);

  // Until all are done, also those that tasks add meanwhile. Rethrows the first exception of one of them.
  // Once.
  Task<> wait();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshdrill::status
