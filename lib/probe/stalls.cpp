#include "probe/stalls.hpp"

#include <algorithm>

namespace meshdrill::probe {

std::optional<Stall> Stalls::beat(Offset due, Offset now) {
  const Offset from = std::max(due, seen_);
  seen_ = now;
  if (now - from <= after_) return std::nullopt;
  recent_.push_back({from, now});
  return recent_.back();
}

void Stalls::mark(std::vector<Sample>& samples, Offset upto) {
  if (recent_.empty()) return;
  for (Sample& sample : samples) {
    const auto overlaps = [&](const Stall& stall) {
      return sample.planned < stall.end && sample.finished > stall.start;
    };
    sample.stalled = sample.stalled || std::any_of(recent_.begin(), recent_.end(), overlaps);
  }
  std::erase_if(recent_, [upto](const Stall& stall) { return stall.end <= upto; });
}

}  // namespace meshdrill::probe
