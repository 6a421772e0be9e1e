#include "probe/schedule.hpp"

#include <cmath>

namespace meshdrill::probe {
namespace {

// A well-mixed value in [0, 1) for each (seed, index): SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA
// 2014), over a seed that went through it too, since seeds are small numbers that would only shift it.
std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

double fraction(std::uint64_t seed, std::uint64_t index) {
  return static_cast<double>(mixed(mixed(seed) + (index + 1) * 0x9e3779b97f4a7c15U) >> 11) * 0x1.0p-53;
}

}  // namespace

Schedule::Schedule(double rate, Duration phase, std::uint64_t seed, Arrivals arrivals)
    : period_ns_(1e9 / rate), phase_(phase), seed_(seed), arrivals_(arrivals) {}

Schedule::Schedule(double rate, Duration phase, double jitter, std::uint64_t seed)
    : Schedule(rate, phase, seed, Arrivals::uniform) {
  jitter_ = jitter;
}

Schedule Schedule::poisson(double rate, Duration phase, std::uint64_t seed) {
  return {rate, phase, seed, Arrivals::poisson};
}

Duration Schedule::start_of(std::uint64_t index) const {
  if (arrivals_ == Arrivals::poisson) return phase_ + Duration{std::llround(arrival(index))};
  double ns = static_cast<double>(index) * period_ns_;
  if (jitter_ > 0) ns += (2 * fraction(seed_, index) - 1) * jitter_ * period_ns_;
  return phase_ + Duration{std::llround(ns)};
}

double Schedule::arrival(std::uint64_t index) const {
  if (index_ == 0 || index < index_) {
    index_ = 0;
    arrival_ns_ = -std::log1p(-fraction(seed_, 0)) * period_ns_;
  }
  while (index_ < index) arrival_ns_ += -std::log1p(-fraction(seed_, ++index_)) * period_ns_;
  return arrival_ns_;
}

Duration Schedule::period() const {
  return Duration{std::llround(period_ns_)};
}

Duration staggered_phase(double rate, std::size_t number, std::size_t count) {
  return Duration{std::llround(1e9 / rate * static_cast<double>(number) / static_cast<double>(count))};
}

}  // namespace meshdrill::probe
