// Finds what overlaps a prefix without looking at everything.
#pragma once

#include "mesh/model.hpp"

#include <string>
#include <vector>

namespace meshdrill::mesh {

// A prefix that stands in the file for something.
struct NamedPrefix {
  IpPrefix prefix;
  Location where;
  std::string owner;  // the cluster's name, or the network's
};

class PrefixIndex {
 public:
  explicit PrefixIndex(std::vector<NamedPrefix> prefixes);

  // One that overlaps `prefix`, the widest there is; nullptr when none does. O(log n).
  [[nodiscard]] const NamedPrefix* overlapping(const IpPrefix& prefix) const;

 private:
  std::vector<NamedPrefix> outermost_;  // sorted, apart
};

}  // namespace meshdrill::mesh
