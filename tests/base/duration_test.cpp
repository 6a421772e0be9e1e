#include "base/duration.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;

TEST_CASE("durations are read as Go writes them") {
  CHECK(parse_duration("300ms") == Duration{300ms});
  CHECK(parse_duration("1.5h") == Duration{90min});
  CHECK(parse_duration("2m30s") == Duration{150s});
  CHECK(parse_duration("20us") == Duration{20us});
  CHECK(parse_duration("0") == Duration{0});
}

TEST_CASE("what is no duration is refused") {
  for (const auto* text : {"", "5", "s", "-3s", "3 s", "1x", "1s2", "9999999999h", "1e3s", "0x1s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("durations are written short and read back the same") {
  CHECK(format_duration(0s) == "0us");
  CHECK(format_duration(250ms) == "250ms");
  CHECK(format_duration(1200us) == "1.2ms");
  CHECK(format_duration(2s) == "2s");
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(2h) == "2h");
  CHECK(format_duration(3725500ms) == "1h2m5.5s");
  for (const Duration d : {Duration{1us}, Duration{999999us}, Duration{61s}, Duration{25h}}) {
    CHECK(parse_duration(format_duration(d)) == d);
  }
}
