#include "probe/schedule.hpp"

#include <cmath>

namespace meshdrill::probe {
namespace {

// A well-mixed value in [-1, 1) for each (seed, index): SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA
// 2014).
double noise(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-52 - 1.0;
}

}  // namespace

Schedule::Schedule(double rate, Duration phase, double jitter, std::uint64_t seed)
    : period_ns_(1e9 / rate), phase_(phase), jitter_(jitter), seed_(seed) {}

Duration Schedule::start_of(std::uint64_t index) const {
  double ns = static_cast<double>(index) * period_ns_;
  if (jitter_ > 0) ns += noise(seed_, index) * jitter_ * period_ns_;
  return phase_ + Duration{std::llround(ns)};
}

Duration Schedule::period() const {
  return Duration{std::llround(period_ns_)};
}

Duration staggered_phase(double rate, std::size_t number, std::size_t count) {
  return Duration{std::llround(1e9 / rate * static_cast<double>(number) / static_cast<double>(count))};
}

}  // namespace meshdrill::probe
