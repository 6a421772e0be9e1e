#include "drill/limit.hpp"

#include <doctest/doctest.h>

using namespace meshdrill::drill;
using namespace std::chrono_literals;

TEST_CASE("limits may be written with or without their comparison and with no other") {
  CHECK(parse_duration_limit("<= 2s") == meshdrill::Duration{2s});
  CHECK(parse_duration_limit("2s") == meshdrill::Duration{2s});
  CHECK_FALSE(parse_duration_limit("< 2s"));
  CHECK_FALSE(parse_duration_limit(">= 2s"));
  CHECK(parse_share_limit("<= 1%") == doctest::Approx(0.01));
  CHECK(parse_share_threshold("> 20%") == doctest::Approx(0.2));
  CHECK_FALSE(parse_share_threshold("<= 20%"));
}

TEST_CASE("rates say per what") {
  CHECK(parse_rate("50/s") == doctest::Approx(50));
  CHECK(parse_rate("600/m") == doctest::Approx(10));
  for (const auto* text : {"50", "0/s", "50/h", "10001/s", "/s", "-1/s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rate(text));
  }
}
