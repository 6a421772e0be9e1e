#include "probe/show/probe_report.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

// Two addresses, `samples` requests to each; behind the second one every tenth request fails from the 20th to
// the 40th.
ProbeReport report_of(std::uint64_t samples, bool with_failures, Outcome otherwise = Outcome::ok) {
  Run run;
  for (int id = 0; id < 2; ++id) {
    const IpAddress address = *parse_ip("192.0.2." + std::to_string(id + 1));
    run.streams.push_back(
        {id, to_string(address) + " new", StreamKind::pinned, ConnectionKind::fresh, Family::ipv4, address});
  }
  Summary summary{run.streams};
  Batch batch;
  for (std::uint64_t i = 0; i < samples; ++i) {
    for (const Stream& stream : run.streams) {
      const bool fails = with_failures && stream.id == 1 && i >= 20 && i < 40;
      Sample sample;
      sample.stream = stream.id;
      sample.index = i;
      sample.planned = sample.started = 50ms * i;
      sample.finished = sample.planned + 2ms;
      sample.address = stream.address;
      sample.outcome = fails ? Outcome::connect_refused : otherwise;
      sample.cluster = sample.outcome == Outcome::ok ? (i % 2 == 0 ? "one" : "two") : "";
      sample.request_on_connection = sample.outcome == Outcome::ok ? 1 : 0;
      batch.samples.push_back(sample);
    }
  }
  batch.upto = 50ms * samples;
  summary.add(batch);
  ProbeConfig config;
  config.url = "http://api.example.org:8080/";
  return conclude(config, run, std::move(summary));
}

TEST_CASE("the result follows the outcomes") {
  CHECK(result_of(report_of(100, false)) == ProbeResult::passed);
  CHECK(result_of(report_of(100, true)) == ProbeResult::failed);
  CHECK(result_of(report_of(100, false, Outcome::unidentified)) == ProbeResult::failed);
  CHECK(result_of(report_of(100, false, Outcome::not_sent)) == ProbeResult::not_measured);
  CHECK(result_of(report_of(100, false, Outcome::cancelled)) == ProbeResult::not_measured);
  CHECK(result_of(report_of(0, false)) == ProbeResult::not_measured);
}

TEST_CASE("the text says who answered and how long it was away") {
  const std::string text = to_text(report_of(500, true));
  CAPTURE(text);
  const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  CHECK(has("http://api.example.org:8080/"));
  CHECK(has("  192.0.2.1  new         250 (50.0 %)  250 (50.0 %)             -       500\n"));
  CHECK(has("  192.0.2.2  new         240 (48.0 %)  240 (48.0 %)    20 (4.0 %)       500\n"));
  CHECK(has("connection refused  connect_refused   20   2.0 %"));
  CHECK(
      has("192.0.2.2 new: blackout of 0.948 to 1.052 s from 1.000 s: 20 failed\n      20 × connection "
          "refused"));
  CHECK(has("behind 192.0.2.1: balanced, from 500 connections"));
  CHECK_FALSE(has("following DNS"));
}

TEST_CASE("the JSON holds the same") {
  const json::value value = json::parse(to_json(report_of(500, true)));
  CHECK(value.at("result").as_string() == "failed");
  CHECK(value.at("planned").to_number<int>() == 1000);
  CHECK(value.at("outcomes").at("ok").to_number<int>() == 980);
  CHECK(value.at("outcomes").at("connect_refused").to_number<int>() == 20);
  const json::value& outage = value.at("streams").at(1).at("outages").at(0);
  CHECK(outage.at("length").at("lower_us").to_number<int>() == 948'000);
  CHECK(outage.at("length").at("upper_us").to_number<int>() == 1'052'000);
  CHECK(outage.at("reasons").at("connect_refused").to_number<int>() == 20);
  CHECK(value.at("balance").at("behind").at("192.0.2.1").at("verdict").as_string() == "balanced");
  CHECK(value.at("balance").at("following_dns").is_null());
  // Braces around a single value would make an array of it.
  CHECK(value.at("streams").at(0).at("address").as_string() == "192.0.2.1");
  CHECK(value.at("matrix").at(0).at("cluster").as_string() == "one");
  CHECK(outage.at("next_good_us").to_number<int>() == 2'000'000);
  int total = 0;
  for (const json::value& cell : value.at("matrix").as_array()) total += cell.at("requests").to_number<int>();
  CHECK(total == 1000);
}

TEST_CASE("text and JSON say which HTTP statuses it was") {
  Run run;
  const IpAddress address = *parse_ip("192.0.2.1");
  run.streams.push_back({0, "192.0.2.1", StreamKind::pinned, ConnectionKind::fresh, Family::ipv4, address});
  Batch batch;
  for (std::uint64_t i = 0; i < 120; ++i) {
    Sample sample;
    sample.index = i;
    sample.planned = sample.started = sample.finished = 10ms * i;
    sample.outcome = Outcome::http_status;
    sample.status = i % 6 == 0 ? 502 : 503;
    sample.address = address;
    batch.samples.push_back(sample);
  }
  batch.upto = 2s;
  Summary summary{run.streams};
  summary.add(batch);
  const ProbeReport report = conclude({}, run, std::move(summary));
  const std::string text = to_text(report);
  CAPTURE(text);
  CHECK(text.find("http_status  120  100.0 %  503 ×100, 502 ×20\n") != std::string::npos);
  CHECK(text.find("      120 × unexpected HTTP status (503 ×100, 502 ×20)\n") != std::string::npos);
  const json::value value = json::parse(to_json(report));
  const json::object expected{{"503", 100}, {"502", 20}};
  CHECK(json::serialize(value.at("http_statuses")) == json::serialize(expected));
  const json::value& stream = value.at("streams").at(0);
  CHECK(stream.at("http_statuses") == expected);
  CHECK(stream.at("outages").at(0).at("http_statuses") == expected);
  CHECK(value.at("matrix").at(0).at("http_statuses") == expected);
}

TEST_CASE("balance is judged behind each address and not over all of them") {
  // Each address leads to its own cluster alone: evenly split over all, and no mesh at all.
  Run run;
  Batch batch;
  for (int id = 0; id < 2; ++id) {
    const IpAddress address = *parse_ip("192.0.2." + std::to_string(id + 1));
    run.streams.push_back(
        {id, to_string(address), StreamKind::pinned, ConnectionKind::fresh, Family::ipv4, address});
    for (std::uint64_t i = 0; i < 100; ++i) {
      Sample sample;
      sample.stream = id;
      sample.index = i;
      sample.outcome = Outcome::ok;
      sample.address = address;
      sample.cluster = id == 0 ? "one" : "two";
      sample.request_on_connection = 1;
      batch.samples.push_back(sample);
    }
  }
  Summary summary{run.streams};
  summary.add(batch);
  const ProbeReport report = conclude({}, run, std::move(summary));
  REQUIRE(report.balance.behind.size() == 2);
  for (const auto& [address, balance] : report.balance.behind) CHECK(balance.verdict == Balance::unbalanced);
}

TEST_CASE("the order of DNS is judged only where a stream follows it") {
  Run run;
  const IpAddress first = *parse_ip("192.0.2.1");
  const IpAddress second = *parse_ip("192.0.2.2");
  run.streams.push_back(
      {0, "DNS A new", StreamKind::following, ConnectionKind::fresh, Family::ipv4, std::nullopt});
  Summary summary{run.streams};
  for (int i = 0; i < 1000; ++i) {
    DnsAnswer answer;
    answer.result = DnsResult::ok;
    answer.records = {{first, 5s}, {second, 5s}};
    if (i % 2 == 0) std::swap(answer.records[0], answer.records[1]);
    answer.family = i < 2 ? Family::ipv6 : Family::ipv4;
    summary.add(answer);
  }
  const BalanceFindings findings = judge_layers(run, summary, {"one", "two"}, {});
  REQUIRE(findings.dns_order.size() == 1);
  CHECK(findings.dns_order.begin()->first.family == Family::ipv4);
  CHECK(findings.dns_order.begin()->second.verdict == Balance::balanced);
  run.streams[0].kind = StreamKind::browser;
  CHECK(judge_layers(run, summary, {"one", "two"}, {}).dns_order.size() == 2);
}

TEST_CASE("text from servers cannot drive the terminal") {
  Run run;
  run.streams.push_back(
      {0, "DNS A new", StreamKind::following, ConnectionKind::fresh, Family::ipv4, std::nullopt});
  Summary summary{run.streams};
  DnsAnswer answer;
  answer.name = "api.example.org";
  answer.aliases = {"evil\x1b[2J.example.org"};
  answer.result = DnsResult::empty;
  summary.add(answer);
  const std::string text = to_text(conclude({}, run, std::move(summary)));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("evil") != std::string::npos);
}

}  // namespace
}  // namespace meshdrill::probe
