#include "mesh/allocate/free_prefixes.hpp"

#include <algorithm>

namespace meshdrill::mesh {

FreePrefixes::FreePrefixes(const IpPrefix& pool, int length, const std::vector<IpPrefix>& taken)
    : pool_(pool), length_(length) {
  for (const IpPrefix& prefix : taken) {
    if (prefix.overlaps(pool)) taken_.push_back(prefix);
  }
  // Sorted, a prefix comes right before those that lie in it, and these add nothing.
  std::sort(taken_.begin(), taken_.end());
  const auto inside = [](const IpPrefix& outer, const IpPrefix& inner) { return outer.contains(inner); };
  taken_.erase(std::unique(taken_.begin(), taken_.end(), inside), taken_.end());
}

std::optional<IpPrefix> FreePrefixes::next() {
  for (;;) {
    const std::optional<IpPrefix> candidate = pool_.subnet(length_, index_);
    if (!candidate) return std::nullopt;
    while (passed_ < taken_.size() && taken_[passed_].last() < candidate->base.value) ++passed_;
    if (passed_ == taken_.size() || taken_[passed_].base.value > candidate->last()) {
      ++index_;
      return candidate;
    }
    const uint128 last = std::min(taken_[passed_].last(), pool_.last());
    index_ = ((last - pool_.base.value) >> (width(pool_.family()) - length_)) + 1;
  }
}

}  // namespace meshdrill::mesh
