#include "probe/schedule.hpp"

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

TEST_CASE("starts are a pure function of the index and never drift") {
  const Schedule schedule{50, 3ms};
  CHECK(schedule.start_of(0) == 3ms);
  CHECK(schedule.start_of(1) == 23ms);
  CHECK(schedule.start_of(1'000'000) == 3ms + 20'000s);
  CHECK(Schedule{3, 0ns}.start_of(3'000'000) == 1'000'000s);
  CHECK(schedule.period() == 20ms);
}

TEST_CASE("jitter stays within its part of the period and keeps the order") {
  const Schedule schedule{100, 0ns, 0.1, 5};
  Duration before = -1s;
  bool moved = false;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const Duration start = schedule.start_of(i);
    const Duration exact = 10ms * i;
    CHECK(start >= exact - 1ms);
    CHECK(start <= exact + 1ms);
    CHECK(start > before);
    moved = moved || start != exact;
    before = start;
  }
  CHECK(moved);
  CHECK(schedule.start_of(77) == Schedule(100, 0ns, 0.1, 5).start_of(77));
  CHECK(schedule.start_of(77) != Schedule(100, 0ns, 0.1, 6).start_of(77));
}

TEST_CASE("streams are spread evenly over the period") {
  CHECK(staggered_phase(10, 0, 4) == 0ms);
  CHECK(staggered_phase(10, 1, 4) == 25ms);
  CHECK(staggered_phase(10, 3, 4) == 75ms);
}

}  // namespace
}  // namespace meshdrill::probe
