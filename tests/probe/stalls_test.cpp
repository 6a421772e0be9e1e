#include "probe/stalls.hpp"

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

Sample sample(Offset planned, Offset finished) {
  Sample result;
  result.planned = planned;
  result.finished = finished;
  return result;
}

TEST_CASE("a beat that comes late by more than is allowed is a stall from when it was due") {
  Stalls stalls{50ms};
  CHECK_FALSE(stalls.beat(20ms, 21ms));
  CHECK_FALSE(stalls.beat(40ms, 90ms));
  CHECK(stalls.beat(110ms, 161ms) == Stall{110ms, 161ms});
  // The same beat asked for again, after something else ran in between, is not late a second time.
  CHECK_FALSE(stalls.beat(110ms, 165ms));
  CHECK(stalls.beat(110ms, 300ms) == Stall{165ms, 300ms});
}

TEST_CASE("samples in flight during a stall are marked whether they end before or after it is known") {
  Stalls stalls{50ms};
  REQUIRE(stalls.beat(100ms, 200ms));
  std::vector<Sample> samples{sample(0ms, 99ms), sample(50ms, 150ms), sample(150ms, 160ms),
                              sample(201ms, 210ms)};
  stalls.mark(samples, 180ms);
  CHECK_FALSE(samples[0].stalled);
  CHECK(samples[1].stalled);
  CHECK(samples[2].stalled);
  CHECK_FALSE(samples[3].stalled);
  std::vector<Sample> later{sample(190ms, 2s), sample(200ms, 2s)};
  stalls.mark(later, 300ms);
  CHECK(later[0].stalled);
  CHECK_FALSE(later[1].stalled);
}

TEST_CASE("a stall is forgotten once no sample can be of its time") {
  Stalls stalls{50ms};
  REQUIRE(stalls.beat(100ms, 200ms));
  std::vector<Sample> none;
  stalls.mark(none, 200ms);
  std::vector<Sample> samples{sample(150ms, 160ms)};
  stalls.mark(samples, 300ms);
  CHECK_FALSE(samples[0].stalled);
}

}  // namespace
}  // namespace meshdrill::probe
