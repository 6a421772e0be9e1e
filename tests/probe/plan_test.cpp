#include "probe/plan.hpp"

#include "probe/dns/vantage.hpp"

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> names(const std::vector<Stream>& streams) {
  std::vector<std::string> result;
  for (const Stream& stream : streams) result.push_back(stream.name);
  return result;
}

TEST_CASE("a wrong configuration is told before anything is asked") {
  const auto message = [](auto change, const char* url = "http://api.example.org/") {
    ProbeConfig config;
    config.url = url;
    change(config);
    const auto checked = check(config);
    return checked ? std::string{} : checked.error().message;
  };
  CHECK(message([](ProbeConfig&) {}).empty());
  CHECK(message([](ProbeConfig& c) { c.rate = 0; }).starts_with("rate:"));
  CHECK(message([](ProbeConfig& c) { c.rates[StreamKind::browser] = -1; }).starts_with("rate:"));
  CHECK(message([](ProbeConfig& c) { c.jitter = 0.6; }).starts_with("jitter:"));
  CHECK(message([](ProbeConfig& c) {
          c.jitter = 0.1;
          c.arrivals = Arrivals::poisson;
        }).starts_with("jitter:"));
  CHECK(message([](ProbeConfig& c) { c.timeouts.connect = {}; }).starts_with("timeout:"));
  CHECK(message([](ProbeConfig& c) { c.fresh = false; }).starts_with("connections:"));
  CHECK(message([](ProbeConfig& c) { c.pinned = c.following = false; }).starts_with("streams:"));
  CHECK(message([](ProbeConfig& c) {
          c.pinned = c.following = false;
          c.browser = true;
        }).empty());
  CHECK(message([](ProbeConfig& c) { c.browser = true; }, "http://192.0.2.1/").starts_with("streams:"));
  CHECK(message([](ProbeConfig& c) { c.authority = true; }, "http://192.0.2.1/").starts_with("authority:"));
  CHECK(message([](ProbeConfig& c) { c.race.attempt_delay = 99ms; }).starts_with("attempt delay:"));
  CHECK(message([](ProbeConfig& c) { c.race.attempt_delay = 2001ms; }).starts_with("attempt delay:"));
  CHECK(message([](ProbeConfig& c) { c.race.resolution_delay = -1ms; }).starts_with("resolution delay:"));
  CHECK(message([](ProbeConfig& c) { c.dns_servers = {"ns1"}; }).starts_with("dns server"));
  CHECK(message([](ProbeConfig& c) {
          c.dns_servers = {"192.0.2.1", "192.0.2.1:53"};
        }).ends_with("named twice"));
  CHECK(message([](ProbeConfig& c) { c.identify.regex = "("; }).starts_with("identify:"));
  CHECK_FALSE(message([](ProbeConfig& c) { c.ca_file = "/does/not/exist"; }).empty());
}

const std::vector<Vantage> one_vantage{
    {"system", VantageKind::system, {"192.0.2.53:53"}, "api.example.org", ""}};

TEST_CASE("streams are made for each address, each family and each kind of connection") {
  ProbeConfig config;
  config.reused = true;
  const auto streams = streams_for(config, one_vantage, {*parse_ip("192.0.2.1"), *parse_ip("2001:db8::1")});
  REQUIRE(streams.size() == 8);
  CHECK(streams[0].name == "192.0.2.1 new");
  CHECK(streams[0].vantage.empty());
  CHECK(streams[3].name == "2001:db8::1 reused");
  CHECK(streams[4].name == "DNS A new");
  CHECK(streams[4].vantage == "system");
  CHECK(streams[7].name == "DNS AAAA reused");
  for (std::size_t i = 0; i < streams.size(); ++i) CHECK(streams[i].id == static_cast<int>(i));
  CHECK(streams_for(config, {}, {*parse_ip("192.0.2.1")}).size() == 2);
}

TEST_CASE("each vantage has streams of its own and one that races if it is wanted") {
  ProbeConfig config;
  config.browser = true;
  std::vector<Vantage> vantages = one_vantage;
  vantages.push_back({"authority", VantageKind::authority, {"192.0.2.54:53"}, "api.example.org", "org"});
  const auto streams = streams_for(config, vantages, {*parse_ip("192.0.2.1")});
  CHECK(names(streams) == std::vector<std::string>{"192.0.2.1 new", "DNS A system new", "browser system new",
                                                   "DNS A authority new", "browser authority new"});
  CHECK(streams[2].kind == StreamKind::browser);
  CHECK(streams[3].vantage == "authority");
  config.pinned = config.following = false;
  CHECK(names(streams_for(config, one_vantage, {*parse_ip("192.0.2.1")})) ==
        std::vector<std::string>{"browser new"});
}

TEST_CASE("servers in line are one vantage and side by side one each") {
  const std::vector<std::string> servers{"192.0.2.53:53", "[2001:db8::53]:53"};
  const Target target = *parse_target("http://api.example.org/");
  const auto kinds = [&](const ProbeConfig& config, const std::vector<std::string>& of) {
    std::vector<std::pair<std::string, VantageKind>> result;
    for (const Vantage& vantage : vantages_for(config, target, of)) {
      CHECK(vantage.question == "api.example.org");
      result.emplace_back(vantage.name, vantage.kind);
    }
    return result;
  };
  using Kinds = std::vector<std::pair<std::string, VantageKind>>;
  ProbeConfig config;
  CHECK(kinds(config, {}) == Kinds{{"system", VantageKind::system}});
  CHECK(kinds(config, {servers[0]}) == Kinds{{servers[0], VantageKind::server}});
  CHECK(kinds(config, servers) == Kinds{{"192.0.2.53:53,[2001:db8::53]:53", VantageKind::servers}});
  config.side_by_side = config.system_vantage = true;
  CHECK(kinds(config, servers) == Kinds{{servers[0], VantageKind::server},
                                        {servers[1], VantageKind::server},
                                        {"system", VantageKind::system}});
  CHECK(vantages_for(config, *parse_target("http://192.0.2.1/"), servers).empty());
}

TEST_CASE("a kind of stream may have a rate of its own and more in flight with it") {
  ProbeConfig config;
  config.rate = 10;
  config.rates[StreamKind::following] = 100;
  CHECK(rate_of(config, StreamKind::pinned) == 10);
  CHECK(rate_of(config, StreamKind::following) == 100);
  CHECK(in_flight_limit(config, 100) == 258);  // for 2 s each, a quarter more, and 8
  CHECK(schedule_for(config, StreamKind::following, 1s, 1, 2).start_of(0) == 1005ms);
  CHECK(schedule_for(config, StreamKind::pinned, 1s, 1, 2).start_of(1) == 1150ms);
  config.arrivals = Arrivals::poisson;
  CHECK(in_flight_limit(config, 100) > 258);
  CHECK(schedule_for(config, StreamKind::pinned, 1s, 0, 2).start_of(3) ==
        Schedule::poisson(10, 1s, 0).start_of(3));
  config.max_in_flight = 5;
  CHECK(in_flight_limit(config, 100) == 5);
}

}  // namespace
}  // namespace meshdrill::probe
