#include "probe/statistics/condition.hpp"

#include "probe/show/probe_report.hpp"

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

// One pinned stream at 100/s: `failed` of `requests` are refused, in one go from the 50th on; two clusters
// take turns, and the answers of "two" take `later` longer.
Holds holds(std::string_view text, std::uint64_t requests, std::uint64_t failed = 0, Offset latency = 2ms,
            Offset later = 0ms) {
  Run run;
  const IpAddress address = *parse_ip("192.0.2.1");
  run.streams.push_back(
      {0, "192.0.2.1 new", StreamKind::pinned, ConnectionKind::fresh, Family::ipv4, address});
  Batch batch;
  for (std::uint64_t i = 0; i < requests; ++i) {
    Sample sample;
    sample.index = i;
    sample.planned = sample.started = 10ms * i;
    sample.finished = sample.planned + (i % 2 == 0 ? latency : latency + later);
    sample.address = address;
    const bool fails = i >= 50 && i < 50 + failed;
    sample.outcome = fails ? Outcome::connect_refused : Outcome::ok;
    sample.phases.connect = 1ms;
    if (!fails) {
      sample.cluster = i % 2 == 0 ? "one" : "two";
      sample.request_on_connection = 1;
    }
    batch.samples.push_back(sample);
  }
  batch.upto = 10ms * requests;
  Summary summary{run.streams};
  summary.add(batch);
  const auto condition = parse_condition(text);
  const std::string why = condition ? "" : condition.error().message;
  REQUIRE_MESSAGE(condition, why);
  ProbeConfig config;
  config.identify.clusters = {"one", "two"};
  Questions questions;
  questions.conditions = {*condition};
  const ProbeReport report = conclude(config, run, std::move(summary), questions);
  REQUIRE(report.conditions.size() == 1);
  CHECK_FALSE(report.conditions[0].sentence.empty());
  return report.conditions[0].holds;
}

TEST_CASE("availability is a claim that takes as many requests as it has nines") {
  CHECK(holds("availability >= 99%", 298) == Holds::unknown);
  CHECK(holds("availability >= 99%", 299) == Holds::yes);
  CHECK(holds("availability >= 99.9%", 1000) == Holds::unknown);
  CHECK(holds("availability >= 99.9%", 3000) == Holds::yes);
  CHECK(holds("availability >= 99%", 1000, 30) == Holds::no);
  CHECK(holds("availability >= 99%", 1000, 10) == Holds::unknown);
  CHECK(holds("errors <= 1%", 1000, 30) == Holds::no);
  CHECK(holds("errors<=1%", 1000) == Holds::yes);
  CHECK(holds("availability(192.0.2.1) >= 99%", 299) == Holds::yes);
  CHECK(holds("availability(192.0.2.2) >= 99%", 299) == Holds::unknown);
  CHECK(holds("availability >= 99%", 0) == Holds::unknown);
}

TEST_CASE("all of them is a claim about this run alone") {
  CHECK(holds("availability >= 100%", 60) == Holds::yes);
  CHECK(holds("errors <= 0%", 1000, 1) == Holds::no);
  CHECK(holds("max <= 3ms", 60) == Holds::yes);
  CHECK(holds("max <= 1ms", 60) == Holds::no);
}

TEST_CASE("a quantile is a claim about the share of slower requests") {
  CHECK(holds("p99 <= 200ms", 298) == Holds::unknown);
  CHECK(holds("p99 <= 200ms", 299) == Holds::yes);
  CHECK(holds("p99 <= 1ms", 299) == Holds::no);
  CHECK(holds("p50 <= 200ms", 10) == Holds::yes);
  CHECK(holds("connect.p50 <= 1.5ms", 10) == Holds::yes);
  CHECK(holds("connect.max <= 500us", 10) == Holds::no);
  CHECK(holds("tls.p50 <= 1s", 10) == Holds::unknown);
}

TEST_CASE("a quantile of one cluster is over its own answers") {
  CHECK(holds("p99(one) <= 10ms", 2 * 298, 0, 2ms, 100ms) == Holds::unknown);
  CHECK(holds("p99(one) <= 10ms", 2 * 299, 0, 2ms, 100ms) == Holds::yes);
  CHECK(holds("p99(two) <= 10ms", 2 * 299, 0, 2ms, 100ms) == Holds::no);
  CHECK(holds("max(one) <= 10ms", 60, 0, 2ms, 100ms) == Holds::yes);
  CHECK(holds("max(two) <= 10ms", 60, 0, 2ms, 100ms) == Holds::no);
  CHECK(holds("connect.p50(two) <= 1.5ms", 100) == Holds::yes);
  CHECK(holds("p99(three) <= 1s", 1000) == Holds::unknown);
  // What failed was answered by no cluster, so there is no saying whose it was.
  CHECK(holds("availability(one) >= 50%", 1000) == Holds::unknown);
}

TEST_CASE("an outage holds when its whole interval does") {
  CHECK(holds("outage <= 1s", 400) == Holds::yes);
  CHECK(holds("outage <= 5ms", 400) == Holds::unknown);  // less than a period: one would not be seen
  CHECK(holds("outage <= 1s", 400, 50) == Holds::yes);
  CHECK(holds("outage <= 100ms", 400, 50) == Holds::no);
  CHECK(holds("outage <= 500ms", 400, 50) == Holds::unknown);
  CHECK(holds("outage(users) <= 1s", 400) == Holds::unknown);
}

TEST_CASE("shares and who was seen") {
  CHECK(holds("share(one) = 50% ± 10%", 1000) == Holds::yes);
  CHECK(holds("share(one) = 50% +- 10%", 20) == Holds::unknown);
  CHECK(holds("share(one) = 80% +- 10%", 1000) == Holds::no);
  CHECK(holds("share(one) >= 40%", 1000) == Holds::yes);
  CHECK(holds("share(one) <= 40%", 1000) == Holds::no);
  CHECK(holds("share(three) >= 10%", 1000) == Holds::no);
  CHECK(holds("everyone seen", 2) == Holds::yes);
  CHECK(holds("everyone seen", 1) == Holds::unknown);
  CHECK(holds("balanced", 1000) == Holds::yes);
  CHECK(holds("balanced", 10) == Holds::unknown);
  CHECK(holds("requests >= 100", 100) == Holds::yes);
  CHECK(holds("requests >= 101", 100) == Holds::unknown);
}

TEST_CASE("what is no condition is refused with what one looks like") {
  for (const char* text : {"",
                           "availability",
                           "availability >= 99",
                           "availability <= 99%",
                           "availability > 99%",
                           "p99 >= 1s",
                           "p99 <= 1",
                           "p100 <= 1s",
                           "p <= 1s",
                           "foo.p99 <= 1s",
                           "share = 50% ± 10%",
                           "share(a) = 50%",
                           "share(a) >= 50% ± 10%",
                           "share() >= 50%",
                           "share(a >= 50%",
                           "share(a) b >= 50%",
                           "outage >= 1s",
                           "errors <= 1% ± 1%",
                           "balanced <= 1",
                           "balanced(x)",
                           "everyone",
                           "requests >= many",
                           "requests <= 5",
                           "availability >= 101%"}) {
    CAPTURE(text);
    const auto condition = parse_condition(text);
    REQUIRE_FALSE(condition);
    CHECK(condition.error().message.find("conditions look like") != std::string::npos);
  }
}

}  // namespace
}  // namespace meshdrill::probe
