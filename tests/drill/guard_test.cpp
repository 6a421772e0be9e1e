#include "drill/safety/guard.hpp"

#include <functional>
#include <future>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::drill;
using namespace std::chrono_literals;

namespace {

// A batch of `total` requests that ended just now, `failed` of them badly.
probe::Batch batch(std::chrono::steady_clock::time_point epoch, int total, int failed) {
  probe::Batch batch;
  const auto now = std::chrono::duration_cast<probe::Offset>(std::chrono::steady_clock::now() - epoch);
  for (int i = 0; i < total; ++i) {
    probe::Sample sample;
    sample.finished = now;
    sample.outcome = i < failed ? probe::Outcome::connect_refused : probe::Outcome::ok;
    batch.samples.push_back(sample);
  }
  return batch;
}

// Feeds the guard until it raises the alarm, or for `limit`; the alarm's words, or nothing.
std::string alarm_of(const Guards& rules, int total, int failed, std::chrono::milliseconds limit) {
  const auto epoch = std::chrono::steady_clock::now();
  std::promise<std::string> alarm;
  auto raised = alarm.get_future();
  Guard guard{rules, epoch, [&](std::string breach) { alarm.set_value(std::move(breach)); }};
  const auto end = epoch + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (total > 0) guard.feed(batch(epoch, total, failed));
    if (raised.wait_for(20ms) == std::future_status::ready) return raised.get();
  }
  return {};
}

}  // namespace

TEST_CASE("too many errors over the window raise the alarm") {
  const Guards rules{.deadline = 60s, .abort_if = {{.errors = 0.2, .over = 1s}}};
  const std::string alarm = alarm_of(rules, 10, 3, 30s);
  CHECK(alarm.find("of the requests of the last 1s failed") != std::string::npos);
  CHECK(alarm.find("more than 20.0 %") != std::string::npos);
}

TEST_CASE("fewer errors than the rule allows are left alone") {
  const Guards rules{.deadline = 60s, .abort_if = {{.errors = 0.5, .over = 1s}}};
  CHECK(alarm_of(rules, 10, 3, 2s).empty());
}

TEST_CASE("the deadline and a silent prober raise the alarm") {
  CHECK(alarm_of({.deadline = 1s}, 10, 0, 30s) == "the deadline of 1s has passed");
  CHECK(alarm_of({.deadline = 60s}, 0, 0, 30s).find("silent") != std::string::npos);
}

namespace {

// What the guard says after `prepare`, fed with good requests meanwhile; nothing when it keeps quiet for
// `limit`.
std::string alarm_after(const Guards& rules, const std::function<void(Guard&)>& prepare,
                        std::chrono::milliseconds limit, int failed = 0) {
  const auto epoch = std::chrono::steady_clock::now();
  std::promise<std::string> alarm;
  auto raised = alarm.get_future();
  Guard guard{rules, epoch, [&](std::string breach) { alarm.set_value(std::move(breach)); }};
  prepare(guard);
  const auto end = epoch + limit;
  while (std::chrono::steady_clock::now() < end) {
    guard.feed(batch(epoch, 10, failed));
    if (raised.wait_for(20ms) == std::future_status::ready) return raised.get();
  }
  return {};
}

}  // namespace

TEST_CASE("requests of one stream that fail one after the other raise the alarm") {
  const Guards rules{.deadline = 60s, .abort_if = {}, .consecutive_failures = 25};
  const std::string alarm = alarm_after(rules, [](Guard&) {}, 30s, 10);
  CHECK(alarm.find("requests of one stream failed one after the other") != std::string::npos);
  CHECK(alarm_after(rules, [](Guard&) {}, 500ms, 9).empty());  // a good one ends the row
}

TEST_CASE("failures that are the drill's own doing are left alone") {
  const Guards rules{.deadline = 60s, .abort_if = {{.errors = 0.2, .over = 1s}}, .consecutive_failures = 25};
  CHECK(alarm_after(rules, [](Guard& guard) { guard.ignore({0}); }, 2s, 10).empty());
}

TEST_CASE("survivors below the floor and a cluster that does not answer raise the alarm") {
  const Guards rules{.deadline = 60s, .observer_lost = 1s};
  CHECK(alarm_after(
            rules, [](Guard& guard) { guard.survivors(1, 2); }, 30s) ==
        "the other clusters have 1 ready endpoints, fewer than the 2 demanded");
  CHECK(alarm_after(rules, [](Guard& guard) { guard.survivors(2, 2); }, 500ms).empty());
  CHECK(alarm_after(
            rules, [](Guard& guard) { guard.answered("one"); }, 30s)
            .find("the API of one has not answered") == 0);
}

TEST_CASE("once the restore is ordered there is nothing left to end") {
  CHECK(alarm_after({.deadline = 200ms}, [](Guard& guard) { guard.rest(); }, 1s).empty());
}
