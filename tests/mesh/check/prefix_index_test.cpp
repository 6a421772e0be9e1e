#include "mesh/check/prefix_index.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

namespace meshdrill::mesh {
namespace {

IpPrefix any_prefix(std::mt19937& random) {
  const auto below = [&](unsigned limit) { return random() % limit; };
  const bool ipv6 = below(4) == 0;
  const int bits = static_cast<int>(below(7));
  const auto whole = parse_prefix(ipv6 ? "fd00::/112" : "10.0.0.0/16").value();
  return whole.subnet(whole.length + bits, below(1U << bits)).value();
}

}  // namespace

TEST_CASE("an index finds an overlap exactly where looking at every prefix does") {
  std::mt19937 random{5};
  int hits = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<NamedPrefix> prefixes;
    for (unsigned left = static_cast<unsigned>(random() % 12); left > 0; --left) {
      prefixes.push_back({any_prefix(random), {}, {}});
    }
    const PrefixIndex index{prefixes};
    const IpPrefix wanted = any_prefix(random);
    const auto overlaps = [&](const NamedPrefix& item) { return item.prefix.overlaps(wanted); };
    const NamedPrefix* found = index.overlapping(wanted);
    CHECK((found != nullptr) == std::any_of(prefixes.begin(), prefixes.end(), overlaps));
    if (found == nullptr) continue;
    CHECK(overlaps(*found));
    ++hits;
  }
  CHECK(hits > 200);
  CHECK(hits < 1800);
}

}  // namespace meshdrill::mesh
