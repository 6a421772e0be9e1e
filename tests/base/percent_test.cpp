#include "base/percent.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;

TEST_CASE("shares need their percent sign") {
  CHECK(parse_share("10%") == doctest::Approx(0.1));
  CHECK(parse_share("0.1 %") == doctest::Approx(0.001));
  for (const auto* text : {"10", "101%", "-1%", "%", "", "1e1%", "ten%"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_share(text));
  }
}

TEST_CASE("plain numbers are digits and a point") {
  CHECK(plain_number("12.5") == doctest::Approx(12.5));
  for (const auto* text : {"", "-1", "1e3", "0x10", "1 ", "1.2.3", "nan"}) {
    CAPTURE(text);
    CHECK_FALSE(plain_number(text));
  }
}
