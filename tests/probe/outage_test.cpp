#include "probe/outage.hpp"

#include "probe/schedule.hpp"

#include <random>

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using std::chrono::microseconds;
using namespace std::chrono_literals;

Sample sample(std::uint64_t index, Offset planned, Outcome outcome, microseconds latency = 1ms) {
  Sample result;
  result.index = index;
  result.planned = result.started = planned;
  result.finished = planned + latency;
  result.outcome = outcome;
  return result;
}

// One sample every 100 ms: '.' ok, 'x' refused, 't' timed out, 's' slow, '-' not sent.
std::vector<Sample> stream(std::string_view pattern) {
  std::vector<Sample> samples;
  for (const char c : pattern) {
    const Offset planned = 100ms * samples.size();
    const auto index = samples.size();
    switch (c) {
      case '.':
        samples.push_back(sample(index, planned, Outcome::ok));
        break;
      case 'x':
        samples.push_back(sample(index, planned, Outcome::connect_refused));
        break;
      case 't':
        samples.push_back(sample(index, planned, Outcome::connect_timeout, 900ms));
        break;
      case 's':
        samples.push_back(sample(index, planned, Outcome::ok, 1500ms));
        break;
      default:
        samples.push_back(sample(index, planned, Outcome::not_sent, 0ms));
    }
  }
  return samples;
}

TEST_CASE("the interval of a random outage holds the truth and is two periods wide") {
  std::mt19937_64 random{42};
  int missed = 0;
  int found = 0;
  for (int run = 0; run < 2000; ++run) {
    const double rate = std::uniform_real_distribution<double>{5, 200}(random);
    const Schedule schedule{rate, 0ns};
    const microseconds period{static_cast<std::int64_t>(1e6 / rate)};
    const microseconds length{std::uniform_int_distribution<int>{1'000, 3'000'000}(random)};
    const Offset from{std::uniform_int_distribution<int>{500'000, 1'500'000}(random)};
    std::vector<Sample> samples;
    for (std::uint64_t i = 0; schedule.start_of(i) < 8s; ++i) {
      const auto planned = std::chrono::duration_cast<Offset>(schedule.start_of(i));
      const bool down = planned >= from && planned < from + length;
      const bool hangs = random() % 2 == 0;
      samples.push_back(!down   ? sample(i, planned, Outcome::ok)
                        : hangs ? sample(i, planned, Outcome::connect_timeout, 900ms)
                                : sample(i, planned, Outcome::connect_refused));
    }
    const auto outages = find_outages(samples);
    if (outages.empty()) {
      CHECK(length <= period + 1us);
      ++missed;
      continue;
    }
    REQUIRE(outages.size() == 1);
    const Bounds bounds = outages[0].bounds();
    REQUIRE(bounds.upper);
    CHECK(bounds.lower <= length);
    CHECK(length <= *bounds.upper);
    CHECK(*bounds.upper - bounds.lower <= 2 * period + 4us);  // 4 µs: times are whole µs
    CHECK(outages[0].kind == OutageKind::blackout);
    CHECK(outages[0].longest_blackout == bounds);
    CHECK_FALSE(outages[0].blind);
    ++found;
  }
  CHECK(found > 1900);
  CHECK(missed > 0);
}

TEST_CASE("a record without failures has no outage") {
  CHECK(find_outages(stream("..........")).empty());
  CHECK(find_outages({}).empty());
}

TEST_CASE("bad samples within the settle time are one outage and a brownout") {
  const auto outages = find_outages(stream("..xx..x....x............x............."));
  REQUIRE(outages.size() == 2);
  const Outage& first = outages[0];
  CHECK(first.kind == OutageKind::brownout);
  CHECK(first.runs == 3);
  CHECK(first.failed == 4);
  CHECK(first.good == 6);
  CHECK(first.first_bad == 200ms);
  CHECK(first.last_bad == 1100ms);
  CHECK(first.bounds() == Bounds{900ms, 1100ms});
  CHECK(first.longest_blackout == Bounds{100ms, 300ms});
  CHECK(first.reasons[static_cast<std::size_t>(Outcome::connect_refused)] == 4);
  CHECK(outages[1].kind == OutageKind::blackout);
  CHECK(outages[1].runs == 1);
}

TEST_CASE("without settle time every run is an outage") {
  const auto samples = stream("..xx..x....x..");
  const auto outages = find_outages(samples, {}, {.settle = 0us});
  CHECK(outages.size() == 3);
  for (const Outage& outage : outages) CHECK(outage.kind == OutageKind::blackout);
}

TEST_CASE("an outage open at either end is unbounded") {
  const auto open = find_outages(stream("...xxx"));
  REQUIRE(open.size() == 1);
  CHECK(open[0].open());
  CHECK(open[0].bounds() == Bounds{200ms, std::nullopt});
  const auto from_start = find_outages(stream("xx..........."));
  REQUIRE(from_start.size() == 1);
  CHECK_FALSE(from_start[0].last_good);
  CHECK_FALSE(from_start[0].bounds().upper);
  CHECK(from_start[0].longest_blackout == Bounds{100ms, std::nullopt});
}

TEST_CASE("slow answers are a brownout") {
  const auto outages = find_outages(stream("..sss..........."));
  REQUIRE(outages.size() == 1);
  CHECK(outages[0].kind == OutageKind::brownout);
  CHECK(outages[0].slow == 3);
  CHECK(outages[0].failed == 0);
  CHECK(outages[0].bounds() == Bounds{200ms, 400ms});
  CHECK(outages[0].longest_blackout == Bounds{});
}

TEST_CASE("what was not sent proves nothing and widens the bounds") {
  CHECK(find_outages(stream("...---...")).empty());
  const auto outages = find_outages(stream("..-xx-..........."));
  REQUIRE(outages.size() == 1);
  CHECK(outages[0].bounds() == Bounds{100ms, 500ms});
  CHECK(outages[0].blind);
}

TEST_CASE("time-outs that fell due while the prober was stalled prove nothing") {
  const auto samples = stream("..tt..............");
  CHECK(find_outages(samples).size() == 1);
  // Both time-outs end in it: the answers may have been there.
  const std::vector<Stall> stalls{{1000ms, 1250ms}};
  CHECK(find_outages(samples, stalls).empty());
  // A refused connection is one, stalled or not.
  const std::vector<Stall> at_once{{150ms, 300ms}};
  const auto refused = find_outages(stream("..x.............."), at_once);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].blind);
}

TEST_CASE("an answer is not slow for the time that the prober was stalled") {
  const auto samples = stream("..s............");
  CHECK(find_outages(samples).size() == 1);
  const std::vector<Stall> stalls{{300ms, 1000ms}};
  CHECK(find_outages(samples, stalls).empty());
}

TEST_CASE("read as it goes an outage is current until it has settled") {
  OutageFinder finder;
  const auto samples = stream("..xx............");
  for (std::size_t i = 0; i < 4; ++i) finder.add(samples[i]);
  REQUIRE(finder.current());
  CHECK(finder.current()->open());
  finder.add(samples[4]);
  CHECK_FALSE(finder.current()->open());
  CHECK(finder.closed().empty());
  for (std::size_t i = 5; i < samples.size(); ++i) finder.add(samples[i]);
  CHECK_FALSE(finder.current());
  CHECK(finder.closed() == find_outages(samples));
}

}  // namespace
}  // namespace meshdrill::probe
