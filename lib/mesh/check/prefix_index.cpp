#include "mesh/check/prefix_index.hpp"

#include <algorithm>

namespace meshdrill::mesh {

PrefixIndex::PrefixIndex(std::vector<NamedPrefix> prefixes) : outermost_(std::move(prefixes)) {
  // Sorted, a prefix comes right before those that lie in it, and these add nothing.
  std::sort(outermost_.begin(), outermost_.end(),
            [](const NamedPrefix& a, const NamedPrefix& b) { return a.prefix < b.prefix; });
  const auto inside = [](const NamedPrefix& outer, const NamedPrefix& inner) {
    return outer.prefix.contains(inner.prefix);
  };
  outermost_.erase(std::unique(outermost_.begin(), outermost_.end(), inside), outermost_.end());
}

const NamedPrefix* PrefixIndex::overlapping(const IpPrefix& prefix) const {
  const auto after =
      std::lower_bound(outermost_.begin(), outermost_.end(), prefix,
                       [](const NamedPrefix& item, const IpPrefix& wanted) { return item.prefix < wanted; });
  if (after != outermost_.end() && after->prefix.overlaps(prefix)) return &*after;
  if (after != outermost_.begin() && std::prev(after)->prefix.overlaps(prefix)) return &*std::prev(after);
  return nullptr;
}

}  // namespace meshdrill::mesh
