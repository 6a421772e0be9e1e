#include "base/ip_prefix.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;

namespace {

IpPrefix prefix(std::string_view text) {
  const auto parsed = parse_prefix(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("prefixes are read and written") {
  CHECK(to_string(prefix("10.0.0.0/8")) == "10.0.0.0/8");
  CHECK(to_string(prefix("FD00:10::/96")) == "fd00:10::/96");
  CHECK(to_string(prefix("0.0.0.0/0")) == "0.0.0.0/0");
  CHECK(to_string(prefix("::/0")) == "::/0");
  CHECK(to_string(*parse_ip("192.0.2.7")) == "192.0.2.7");
}

TEST_CASE("what is no canonical prefix is refused with a hint") {
  for (const auto* text : {"10.0.0.0", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "10.0.0.0/08", "10.0.0.0/",
                           "x/8", "010.0.0.0/8"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_prefix(text));
  }
  const auto host_bits = parse_prefix("10.102.0.5/16");
  REQUIRE_FALSE(host_bits);
  CHECK(host_bits.error().message.find("did you mean 10.102.0.0/16?") != std::string::npos);
}

TEST_CASE("containment and overlap") {
  CHECK(prefix("10.0.0.0/8").contains(prefix("10.1.0.0/16")));
  CHECK_FALSE(prefix("10.1.0.0/16").contains(prefix("10.0.0.0/8")));
  CHECK(prefix("10.1.0.0/16").overlaps(prefix("10.0.0.0/8")));
  CHECK_FALSE(prefix("10.1.0.0/16").overlaps(prefix("10.2.0.0/16")));
  CHECK_FALSE(prefix("::/0").overlaps(prefix("0.0.0.0/0")));
  CHECK(prefix("0.0.0.0/0").contains(*parse_ip("255.255.255.255")));
  CHECK_FALSE(prefix("192.0.2.0/31").contains(*parse_ip("192.0.2.2")));
}

TEST_CASE("subnets are counted and taken in order") {
  CHECK(prefix("10.96.0.0/11").subnet_count(16) == 32);
  CHECK(to_string(*prefix("10.96.0.0/11").subnet(16, 31)) == "10.127.0.0/16");
  CHECK_FALSE(prefix("10.96.0.0/11").subnet(16, 32));
  CHECK(prefix("10.96.0.0/11").subnet_count(8) == 0);
  CHECK(to_string(*prefix("fd00:10::/96").subnet(108, 2)) == "fd00:10::20:0/108");
  CHECK(to_string(*prefix("::/0").subnet(0, 0)) == "::/0");
  CHECK(prefix("::/0").subnet_count(128) == uint128{1} << 127);
}
