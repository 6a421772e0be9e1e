#include "drill/scenario/limit.hpp"

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

TEST_CASE("amounts are numbers or shares rounded up") {
  CHECK(parse_amount("3")->of(10) == 3);
  CHECK(parse_amount("12")->of(10) == 10);
  CHECK(parse_amount("30%")->of(10) == 3);
  CHECK(parse_amount("1%")->of(10) == 1);
  CHECK(parse_amount("50%")->of(1) == 1);
  CHECK(parse_amount("0")->of(10) == 0);
  for (const char* wrong : {"", "-1", "1.5", "010", "ten", "101%", "12345678"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_amount(wrong));
  }
}

TEST_CASE("ratios name what they multiply") {
  CHECK(*parse_ratio_limit("<= 1.5x") == doctest::Approx(1.5));
  CHECK(*parse_ratio_limit("2x") == doctest::Approx(2));
  CHECK_FALSE(parse_ratio_limit("2"));
  CHECK_FALSE(parse_ratio_limit("0x"));
  CHECK_FALSE(parse_ratio_limit("> 2x"));
}

TEST_CASE("a window holds a drill that begins and ends in it") {
  using namespace std::chrono;
  const auto window = parse_window("Fri-Mon 09:00-16:30");
  REQUIRE(window);
  const sys_days friday = 2026y / January / 30;
  const auto holds = [&](sys_days day, minutes from, minutes to) {
    return window->holds(day + from, day + to);
  };
  CHECK(holds(friday, 9h, 10h));
  CHECK(holds(friday + days{3}, 12h, 16h));        // Monday
  CHECK_FALSE(holds(friday + days{4}, 12h, 13h));  // Tuesday
  CHECK_FALSE(holds(friday - days{1}, 12h, 13h));  // Thursday
  CHECK_FALSE(holds(friday, 8h + 59min, 10h));     // begins before
  CHECK_FALSE(holds(friday, 16h, 16h + 30min));    // ends after
  CHECK(parse_window("Sun 00:00-24:00")->holds(friday + days{2}, friday + days{2} + 23h));
  for (const char* wrong :
       {"", "noon", "Mon", "Mon 9:00-10:00", "Mon 10:00-09:00", "Mon-Foo 09:00-10:00", "Mon 09:00-25:00"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_window(wrong));
  }
}
