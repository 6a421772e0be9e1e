// Finds when the prober's own thread did not run, and marks the samples whose times that spoils.
#pragma once

#include "base/duration.hpp"
#include "probe/sample.hpp"

#include <optional>
#include <vector>

namespace meshdrill::probe {

class Stalls {
 public:
  // A beat that comes `after` later than it was due is a stall.
  explicit Stalls(Duration after) : after_(std::chrono::duration_cast<Offset>(after)) {}

  // The stall that just ended, given when the thread should have run, and that it does so now. Each call
  // counts as a beat: the time before it is not looked at again.
  std::optional<Stall> beat(Offset due, Offset now);

  // Sets Sample::stalled on those that were in flight during a stall. Samples planned before `upto` were all
  // given to this now or before, so stalls that ended before it are forgotten.
  void mark(std::vector<Sample>& samples, Offset upto);

 private:
  Offset after_;
  Offset seen_ = Offset::min();
  std::vector<Stall> recent_;
};

}  // namespace meshdrill::probe
