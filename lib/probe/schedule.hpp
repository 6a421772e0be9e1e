// When the requests of a stream start: a pure function of their number, so that lateness never adds up.
#pragma once

#include "base/duration.hpp"

#include <cstdint>

namespace meshdrill::probe {

class Schedule {
 public:
  // `rate` a second, > 0. `phase` is the start of request 0. Each start is moved by up to ± `jitter` (0 to
  // 0.5) of the period, the same way for the same seed; that keeps it from beating with something periodic in
  // the target.
  Schedule(double rate, Duration phase, double jitter = 0, std::uint64_t seed = 0);

  // Start of the index-th request, from the epoch. Rises with the index.
  [[nodiscard]] Duration start_of(std::uint64_t index) const;
  [[nodiscard]] Duration period() const;

 private:
  double period_ns_;
  Duration phase_;
  double jitter_;
  std::uint64_t seed_;
};

// The phase of stream `number` of `count`: spread evenly over one period, so that streams do not fire
// together.
Duration staggered_phase(double rate, std::size_t number, std::size_t count);

}  // namespace meshdrill::probe
