// When the requests of a stream start: a function of their number and a seed, so that lateness never adds up.
#pragma once

#include "base/duration.hpp"

#include <cstdint>

namespace meshdrill::probe {

enum class Arrivals {
  uniform,  // one every period, moved by a jitter; the outage is known best
  poisson,  // independent of each other, as users are; the outage is known half as well
};

class Schedule {
 public:
  // One every period. `rate` a second, > 0. `phase` is the start of request 0. Each start is moved by up to ±
  // `jitter` (0 to 0.5) of the period, the same way for the same seed; that keeps it from beating with
  // something periodic in the target.
  Schedule(double rate, Duration phase, double jitter = 0, std::uint64_t seed = 0);

  // Poisson arrivals from `phase` on: the times between them are independent and exponential with mean
  // 1/`rate`.
  static Schedule poisson(double rate, Duration phase, std::uint64_t seed);

  // Start of the index-th request, from the epoch. Rises with the index (Poisson: never falls). A Poisson
  // schedule remembers the last one asked for; going back starts over from 0.
  [[nodiscard]] Duration start_of(std::uint64_t index) const;
  [[nodiscard]] Duration period() const;  // the mean one

 private:
  Schedule(double rate, Duration phase, std::uint64_t seed, Arrivals arrivals);
  [[nodiscard]] double arrival(std::uint64_t index) const;

  double period_ns_;
  Duration phase_;
  double jitter_ = 0;
  std::uint64_t seed_;
  Arrivals arrivals_;
  // Poisson: the last arrival asked for; the next one is found from it.
  mutable std::uint64_t index_ = 0;
  mutable double arrival_ns_ = 0;
};

// The phase of stream `number` of `count`: spread evenly over one period, so that streams do not fire
// together.
Duration staggered_phase(double rate, std::size_t number, std::size_t count);

}  // namespace meshdrill::probe
