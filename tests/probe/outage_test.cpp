#include "probe/statistics/outage.hpp"

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
    // What the two inner edges took, 1 ms each at most; 4 µs: times are whole µs.
    CHECK(*bounds.upper - bounds.lower <= 2 * period + 2ms + 4us);
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
  CHECK(first.longest_blackout == Bounds{99ms, 301ms});
  CHECK(first.alternations() == 4);
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
  CHECK(open[0].bounds() == Bounds{199ms, std::nullopt});
  const auto from_start = find_outages(stream("xx..........."));
  REQUIRE(from_start.size() == 1);
  CHECK_FALSE(from_start[0].last_good);
  CHECK_FALSE(from_start[0].bounds().upper);
  CHECK(from_start[0].longest_blackout == Bounds{99ms, std::nullopt});
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
  CHECK(outages[0].bounds() == Bounds{99ms, 501ms});
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

TEST_CASE("requests in flight at the edges do not narrow the interval beyond the truth") {
  // Each request takes up to half a period to be served, and is judged by the moment when it is: so one that
  // started before the fault may fail of it, and one that started within it may be answered after it.
  std::mt19937_64 random{7};
  for (int run = 0; run < 2000; ++run) {
    const Offset from{std::uniform_int_distribution<int>{500'000, 1'500'000}(random)};
    const microseconds length{std::uniform_int_distribution<int>{250'000, 2'000'000}(random)};
    std::vector<Sample> samples;
    microseconds slowest{};
    for (std::uint64_t i = 0; i < 60; ++i) {
      const Offset planned = 100ms * i;
      const microseconds served{std::uniform_int_distribution<int>{0, 50'000}(random)};
      const microseconds returned = served + 1ms;
      slowest = std::max(slowest, returned);
      const bool down = planned + served >= from && planned + served < from + length;
      samples.push_back(sample(i, planned, down ? Outcome::reset_before_first_byte : Outcome::ok, returned));
    }
    const auto outages = find_outages(samples);
    REQUIRE(outages.size() == 1);
    const Bounds bounds = outages[0].bounds();
    REQUIRE(bounds.upper);
    CHECK(bounds.lower <= length);
    CHECK(length <= *bounds.upper);
    CHECK(*bounds.upper - bounds.lower <= 200ms + 2 * slowest);
  }
}

TEST_CASE("a request that hangs shows the fault from where it hung") {
  std::vector<Sample> samples = stream("..tt..........");
  for (Sample& s : samples) {
    if (s.outcome == Outcome::connect_timeout) s.outcome = Outcome::timeout_first_byte;
    s.phases.connect = 3ms;
  }
  const auto outages = find_outages(samples);
  REQUIRE(outages.size() == 1);
  CHECK(outages[0].bounds() == Bounds{97ms, 301ms});
}

TEST_CASE("an answer after a repeated SYN is a brownout however fast it was") {
  std::vector<Sample> samples = stream("......................");
  samples[5].syn_retransmits = 1;
  const auto outages = find_outages(samples);
  REQUIRE(outages.size() == 1);
  CHECK(outages[0].kind == OutageKind::brownout);
  CHECK(outages[0].slow == 1);
}

TEST_CASE("a brownout's far bound holds its true length as often as it says") {
  std::mt19937_64 random{11};
  int said = 0;
  int held = 0;
  for (int run = 0; run < 1000; ++run) {
    const double share = std::uniform_real_distribution<double>{0.1, 0.9}(random);
    const Offset from{std::uniform_int_distribution<int>{10'000'000, 10'100'000}(random)};
    const microseconds length{std::uniform_int_distribution<int>{3'000'000, 8'000'000}(random)};
    std::vector<Sample> samples;
    for (std::uint64_t i = 0; i < 600; ++i) {
      const Offset planned = 50ms * i;
      const bool ill = planned >= from && planned < from + length;
      const bool fails = ill && std::bernoulli_distribution{share}(random);
      samples.push_back(sample(i, planned, fails ? Outcome::http_status : Outcome::ok));
    }
    const auto outages = find_outages(samples, {}, {.settle = 3s});
    if (outages.size() != 1 || outages[0].kind != OutageKind::brownout) continue;
    CHECK(outages[0].bounds().lower <= length);
    const auto upper = outages[0].confident_upper();
    if (!upper) continue;
    ++said;
    if (length <= *upper) ++held;
  }
  CHECK(said > 700);
  CHECK(held >= said * 95 / 100);
}

TEST_CASE("a brownout of a few failures leaves its far bound open") {
  const auto outages = find_outages(stream("...........x...x..................."));
  REQUIRE(outages.size() == 1);
  CHECK(outages[0].kind == OutageKind::brownout);
  CHECK_FALSE(outages[0].confident_upper());
}

TEST_CASE("of a stream that fails for hours the longest outages are kept") {
  OutageFinder finder{{.settle = 0us, .kept = 3}};
  std::uint64_t index = 0;
  for (const int length : {1, 7, 2, 9, 3, 8}) {
    for (int i = 0; i < length; ++i, ++index)
      finder.add(sample(index, 100ms * index, Outcome::connect_refused));
    for (int i = 0; i < 2; ++i, ++index) finder.add(sample(index, 100ms * index, Outcome::ok));
  }
  REQUIRE(finder.all().size() == 3);
  CHECK(finder.dropped() == 3);
  CHECK(finder.all()[0].failed == 7);
  CHECK(finder.all()[1].failed == 9);
  CHECK(finder.all()[2].failed == 8);
}

TEST_CASE("the longest gap is what an outage can hide in") {
  OutageFinder finder;
  for (const Sample& s : stream("....---..")) finder.add(s);
  CHECK(finder.longest_gap() == 400ms);
}

}  // namespace
}  // namespace meshdrill::probe
