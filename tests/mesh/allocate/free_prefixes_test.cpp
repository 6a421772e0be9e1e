#include "mesh/allocate/free_prefixes.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

namespace meshdrill::mesh {
namespace {

IpPrefix prefix(const char* text) {
  return parse_prefix(text).value();
}

}  // namespace

TEST_CASE("free prefixes come from the lowest up and skip what is taken") {
  FreePrefixes free{
      prefix("10.0.0.0/14"), 16, {prefix("10.1.7.0/24"), prefix("10.1.0.0/16"), prefix("10.9.0.0/16")}};
  CHECK(free.next() == prefix("10.0.0.0/16"));
  CHECK(free.next() == prefix("10.2.0.0/16"));
  CHECK(free.next() == prefix("10.3.0.0/16"));
  CHECK_FALSE(free.next());
  CHECK_FALSE(free.next());
}

TEST_CASE("a pool inside a taken prefix is exhausted at once") {
  FreePrefixes free{prefix("10.0.0.0/8"), 30, {prefix("0.0.0.0/0")}};
  CHECK_FALSE(free.next());
}

TEST_CASE("wide pools and the edges of the address space") {
  FreePrefixes six{prefix("::/1"), 128, {prefix("::/2")}};
  CHECK(six.next() == prefix("4000::/128"));
  FreePrefixes last{prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"), 128, {}};
  CHECK(last.next());
  CHECK(last.next() == prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"));
  CHECK_FALSE(last.next());
  FreePrefixes four{prefix("0.0.0.0/0"), 1, {prefix("255.255.255.255/32"), prefix("fd00::/8")}};
  CHECK(four.next() == prefix("0.0.0.0/1"));
  CHECK_FALSE(four.next());
}

TEST_CASE("the same as trying every prefix of the pool") {
  std::mt19937 random{7};
  const auto below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
  const IpPrefix pool = prefix("10.16.0.0/20");
  for (int round = 0; round < 300; ++round) {
    const int length = 20 + below(9);
    std::vector<IpPrefix> taken;
    for (int i = below(8); i > 0; --i) {
      const int taken_length = 18 + below(15);
      const auto index = static_cast<uint128>(below(1U << (taken_length - 16)));
      taken.push_back(prefix("10.16.0.0/16").subnet(taken_length, index).value());
    }
    FreePrefixes free{pool, length, taken};
    for (uint128 index = 0; index < pool.subnet_count(length); ++index) {
      const IpPrefix candidate = pool.subnet(length, index).value();
      const bool is_free = std::none_of(taken.begin(), taken.end(),
                                        [&](const IpPrefix& other) { return other.overlaps(candidate); });
      if (is_free) REQUIRE(free.next() == candidate);
    }
    REQUIRE_FALSE(free.next());
  }
}

}  // namespace meshdrill::mesh
