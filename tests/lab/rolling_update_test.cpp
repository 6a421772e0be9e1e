#include "lab/controllers/rolling_update.hpp"

#include <doctest/doctest.h>

using namespace meshdrill::lab;

namespace {

Object deployment(const Object& strategy) {
  return {{"spec", Object{{"strategy", strategy}}}};
}

// Plays a roll-out in which Pods become available at once, and returns how many steps it took.
int play(std::int64_t replicas, const RolloutStrategy& strategy, std::int64_t& lowest,
         std::int64_t& highest) {
  SetReplicas newest;
  std::vector<SetReplicas> older = {{replicas, replicas, replicas}};
  lowest = highest = replicas;
  for (int step = 1; step < 1000; ++step) {
    const RolloutStep next = next_step(replicas, strategy, newest, older);
    const bool done = next.newest == newest.wanted && next.older[0] == older[0].wanted;
    if (done) return step;
    newest = {next.newest, next.newest, newest.available};
    older[0] = {next.older[0], next.older[0], next.older[0]};
    lowest = std::min(lowest, newest.available + older[0].available);
    highest = std::max(highest, newest.wanted + older[0].wanted);
    newest.available = newest.wanted;
  }
  return -1;
}

}  // namespace

TEST_CASE("the strategy has Kubernetes defaults and roundings") {
  const RolloutStrategy standard = read_strategy(deployment({}), 10);
  CHECK_FALSE(standard.recreate);
  CHECK(standard.surge == 3);        // 25 % rounded up
  CHECK(standard.unavailable == 2);  // rounded down
  CHECK(read_strategy(deployment({}), 1).surge == 1);
  CHECK(read_strategy(deployment({}), 1).unavailable == 0);
  const Object nothing{{"rollingUpdate", Object{{"maxSurge", 0}, {"maxUnavailable", "0%"}}}};
  CHECK(read_strategy(deployment(nothing), 10).unavailable == 1);
  CHECK(read_strategy(deployment({{"type", "Recreate"}}), 10).recreate);
}

TEST_CASE("a roll-out stays within surge and unavailability and ends") {
  for (const std::int64_t replicas : {1, 2, 3, 10, 37}) {
    for (const RolloutStrategy& strategy :
         {RolloutStrategy{false, 1, 0}, RolloutStrategy{false, 0, 1}, RolloutStrategy{false, 3, 2}}) {
      std::int64_t lowest = 0;
      std::int64_t highest = 0;
      CHECK(play(replicas, strategy, lowest, highest) > 0);
      CHECK(lowest >= replicas - strategy.unavailable);
      CHECK(highest <= replicas + strategy.surge);
    }
  }
}

TEST_CASE("scaling without older sets is direct") {
  CHECK(next_step(5, {}, {2, 2, 2}, {}).newest == 5);
  CHECK(next_step(0, {}, {2, 2, 2}, {}).newest == 0);
  CHECK(next_step(3, {}, {5, 5, 5}, {{0, 0, 0}}).newest == 3);
}

TEST_CASE("recreate waits for the older Pods to be gone") {
  const RolloutStrategy recreate{true, 1, 0};
  const RolloutStep first = next_step(2, recreate, {0, 0, 0}, {{2, 2, 2}});
  CHECK(first.newest == 0);
  CHECK(first.older == std::vector<std::int64_t>{0});
  CHECK(next_step(2, recreate, {0, 0, 0}, {{0, 1, 0}}).newest == 0);
  CHECK(next_step(2, recreate, {0, 0, 0}, {{0, 0, 0}}).newest == 2);
}

TEST_CASE("a template that never becomes ready leaves the older Pods in place") {
  RolloutStep step = next_step(4, {false, 1, 1}, {1, 1, 0}, {{4, 4, 4}});
  CHECK(step.newest == 1);
  CHECK(step.older[0] == 3);
  step = next_step(4, {false, 1, 1}, {2, 2, 0}, {{3, 3, 3}});
  CHECK(step.older[0] == 3);
}
