#include "probe/schedule.hpp"

#include <cmath>
#include <vector>

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

TEST_CASE("Poisson arrivals have exponential gaps and the right rate") {
  constexpr int count = 200'000;
  const Schedule schedule = Schedule::poisson(1000, 5ms, 7);
  Duration before = schedule.start_of(0);
  CHECK(before >= 5ms);
  double sum = 0;
  double squares = 0;
  int over_mean = 0;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const Duration start = schedule.start_of(i);
    const double gap_ms = std::chrono::duration<double, std::milli>(start - before).count();
    REQUIRE(gap_ms >= 0);
    sum += gap_ms;
    squares += gap_ms * gap_ms;
    over_mean += gap_ms > 1 ? 1 : 0;
    before = start;
  }
  // An exponential has mean 1, variance 1, and exceeds its mean with probability 1/e. Bounds of six sigma.
  const double mean = sum / count;
  CHECK(mean == doctest::Approx(1).epsilon(0.014));
  CHECK(squares / count - mean * mean == doctest::Approx(1).epsilon(0.04));
  CHECK(over_mean / double{count} == doctest::Approx(std::exp(-1)).epsilon(0.018));
}

TEST_CASE("neighbouring gaps of a Poisson schedule say nothing of each other nor do seeds") {
  constexpr int count = 100'000;
  const auto gaps = [](std::uint64_t seed) {
    const Schedule schedule = Schedule::poisson(1, 0ns, seed);
    std::vector<double> result;
    Duration before = schedule.start_of(0);
    for (std::uint64_t i = 1; i <= count; ++i) {
      const Duration start = schedule.start_of(i);
      result.push_back(std::chrono::duration<double>(start - before).count());
      before = start;
    }
    return result;
  };
  const auto correlation = [](const std::vector<double>& a, const std::vector<double>& b, std::size_t lag) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < a.size(); ++i) sum += (a[i] - 1) * (b[i + lag] - 1);
    return sum / static_cast<double>(a.size());
  };
  const std::vector<double> one = gaps(1);
  const std::vector<double> two = gaps(2);
  // Standard error 0.003 each.
  for (const std::size_t lag : {1U, 2U, 7U}) CHECK(std::abs(correlation(one, one, lag)) < 0.02);
  for (const std::size_t lag : {0U, 1U, 2U}) CHECK(std::abs(correlation(one, two, lag)) < 0.02);
}

TEST_CASE("a Poisson schedule is the same for the same seed whatever the order of asking") {
  const Schedule schedule = Schedule::poisson(100, 0ns, 3);
  const Schedule other = Schedule::poisson(100, 0ns, 3);
  const Duration late = schedule.start_of(500);
  for (std::uint64_t i = 0; i < 500; ++i) (void)other.start_of(i);
  CHECK(other.start_of(500) == late);
  CHECK(schedule.start_of(20) == Schedule::poisson(100, 0ns, 3).start_of(20));
  CHECK(schedule.start_of(0) == Schedule::poisson(100, 0ns, 3).start_of(0));
  CHECK(schedule.start_of(500) == late);
  CHECK(Schedule::poisson(100, 0ns, 4).start_of(500) != late);
}

TEST_CASE("streams are spread evenly over the period") {
  CHECK(staggered_phase(10, 0, 4) == 0ms);
  CHECK(staggered_phase(10, 1, 4) == 25ms);
  CHECK(staggered_phase(10, 3, 4) == 75ms);
}

}  // namespace
}  // namespace meshdrill::probe
