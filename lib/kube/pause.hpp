// Waiting between attempts.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"

#include <random>

namespace meshdrill::kube {

// Whether the time went by; false: cancelled. Does not throw.
Task<bool> pause(Executor executor, Duration duration);

// Pauses that double from `first` to `limit`, each shortened by up to half at random, so that many clients
// that failed together do not come back together.
class BackOff {
 public:
  BackOff(Duration first, Duration limit);

  Duration next();
  void reset();

 private:
  Duration first_;
  Duration limit_;
  Duration current_;
  std::minstd_rand random_;
};

}  // namespace meshdrill::kube
