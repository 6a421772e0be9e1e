#include "probe/statistics/windows.hpp"

#include "probe/statistics/recent.hpp"

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

Sample sample(Offset planned, Offset latency, Outcome outcome = Outcome::ok) {
  Sample result;
  result.planned = result.started = planned;
  result.finished = planned + latency;
  result.outcome = outcome;
  result.address = *parse_ip("192.0.2.1");
  if (outcome == Outcome::ok) result.cluster = "one";
  return result;
}

TEST_CASE("a window is given once and when it is complete") {
  WindowCounter counter;
  counter.add(sample(0ms, 3ms));
  counter.add(sample(99ms, 1ms));
  counter.add(sample(100ms, 7ms));
  counter.add(sample(-1ms, 1ms));
  CHECK(counter.close(99ms).size() == 1);  // the one before the epoch
  const auto windows = counter.close(250ms);
  REQUIRE(windows.size() == 2);
  CHECK(windows[0].from == 0ms);
  CHECK(windows[1].from == 100ms);
  REQUIRE(windows[0].cells.size() == 1);
  const WindowCell& cell = windows[0].cells.begin()->second;
  CHECK(cell.requests == 2);
  CHECK(cell.p50 == 1ms);
  CHECK(cell.p99 == 3ms);
  CHECK(cell.max == 3ms);
  CHECK(counter.close(10s).empty());
}

TEST_CASE("rows of the table have a column for everything and quote what needs it") {
  WindowCounter counter;
  counter.add(sample(1200ms, 2ms));
  counter.add(sample(1210ms, 0ms, Outcome::connect_refused));
  for (const int status : {503, 502, 503}) {
    Sample failed = sample(1220ms, 1ms, Outcome::http_status);
    failed.status = status;
    counter.add(failed);
  }
  const std::vector<Stream> streams{{.name = "a, \"b\"", .vantage = "system"}};
  const auto windows = counter.close(2s);
  REQUIRE(windows.size() == 1);
  CHECK(csv_rows(windows[0], streams) ==
        "1.200,\"a, \"\"b\"\"\",pinned,new,system,192.0.2.1,ok,,one,1,2000,2000,2000,2000\r\n"
        "1.200,\"a, \"\"b\"\"\",pinned,new,system,192.0.2.1,http_status,502,,1,1000,1000,1000,1000\r\n"
        "1.200,\"a, \"\"b\"\"\",pinned,new,system,192.0.2.1,http_status,503,,2,1000,1000,1000,1000\r\n"
        "1.200,\"a, \"\"b\"\"\",pinned,new,system,192.0.2.1,connect_refused,,,1,0,0,0,0\r\n");
  CHECK(csv_header().starts_with("time_s,stream,kind,"));
}

TEST_CASE("the last minute is kept second by second with its holes") {
  Recent recent;
  WindowCounter counter;
  for (int i = 0; i < 100; ++i) {
    if (i == 95) continue;
    counter.add(sample(1s * i, 1ms, i == 97 ? Outcome::connect_refused : Outcome::ok));
  }
  for (const Window& window : counter.close(200s)) recent.add(window);
  const auto seconds =
      recent.of_address(parse_ip("192.0.2.1") ? std::optional{*parse_ip("192.0.2.1")} : std::nullopt);
  REQUIRE(seconds.size() == Recent::seconds);
  CHECK(seconds.back().ok == 1);
  CHECK(seconds[Recent::seconds - 3].failed == 1);
  CHECK(seconds[Recent::seconds - 5].ok == 0);
  CHECK(recent.latest().number == 98);
  CHECK(recent.latest().clusters.at("one") == 1);
  CHECK(sparkline(seconds, 60).ends_with("█ █!██"));
}

TEST_CASE("a curve shows the whole minute however narrow it is") {
  std::vector<SecondCount> counts(60, {10, 0});
  counts[0] = {10, 1};
  counts[30] = counts[31] = {0, 0};
  counts[59] = {40, 0};
  const std::string wide = sparkline(counts, 60);
  CHECK(wide.starts_with("!▃▃"));
  CHECK(wide.ends_with("▃█"));
  CHECK(wide.find(' ') != std::string::npos);
  // 8 seconds a block, the last of 4; a failure is not lost among them.
  CHECK(sparkline(counts, 8) == "!▅▅▄▅▅▅█");
  CHECK(sparkline({{5, 0}, {0, 2}}, 60) == "█!");
  CHECK(sparkline(counts, 0).empty());
  CHECK(sparkline({}, 10).empty());
}

}  // namespace
}  // namespace meshdrill::probe
