#pragma once

#include "base/ip_prefix.hpp"

#include <optional>
#include <vector>

namespace meshdrill::mesh {

// Hands out the prefixes of one length in a pool from the lowest up, skipping all that is taken. A pass over
// the whole pool costs as much as there are taken prefixes and results, however large the pool is.
class FreePrefixes {
 public:
  // `taken` may overlap each other, lie outside the pool and be of the other family.
  FreePrefixes(const IpPrefix& pool, int length, const std::vector<IpPrefix>& taken);

  // The next free prefix, or nothing when the pool is exhausted.
  std::optional<IpPrefix> next();

 private:
  IpPrefix pool_;
  int length_;
  uint128 index_ = 0;
  std::vector<IpPrefix> taken_;  // sorted, apart
  std::size_t passed_ = 0;       // how many of taken_ lie below index_
};

}  // namespace meshdrill::mesh
