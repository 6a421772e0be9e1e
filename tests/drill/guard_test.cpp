#include "drill/guard.hpp"

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
