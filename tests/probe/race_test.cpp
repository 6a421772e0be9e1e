#include "probe/ask/race.hpp"

#include "probe/support/dns_server.hpp"
#include "probe/support/http_server.hpp"
#include "probe/support/recorded_run.hpp"

#include <atomic>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

std::vector<AddressRecord> records(const std::vector<std::string>& texts) {
  std::vector<AddressRecord> result;
  for (const std::string& text : texts) result.push_back({*parse_ip(text), 5s});
  return result;
}

TEST_CASE("addresses are tried in turn of family and in the order of the answers") {
  const auto v6 = records({"2001:db8::1", "2001:db8::2"});
  const auto v4 = records({"192.0.2.9", "192.0.2.1", "192.0.2.5"});
  std::vector<IpAddress> tried;
  std::string order;
  while (const auto next = next_in_race(v6, v4, tried)) {
    tried.push_back(*next);
    order += to_string(*next) + " ";
  }
  CHECK(order == "2001:db8::1 192.0.2.9 2001:db8::2 192.0.2.1 192.0.2.5 ");
  CHECK(to_string(*next_in_race({}, v4, {})) == "192.0.2.9");
  // IPv6 that comes late has its turn next.
  CHECK(to_string(*next_in_race(v6, v4, {v4[0].address})) == "2001:db8::1");
  CHECK_FALSE(next_in_race({}, {}, {}));
}

HttpServer::Handler greeting(const std::string& cluster) {
  return [cluster](const std::string&) { return Reply{ok_answer(hello(cluster))}; };
}

// A run of one browser stream, five requests; time-outs so long that a slow machine does not run into them.
RecordedRun browse(
    std::uint16_t port, const DnsServer& dns,
    const std::function<void(ProbeConfig&)>& change = [](ProbeConfig&) {}) {
  ProbeConfig config;
  config.url = fmt::format("http://api.example.org:{}/", port);
  config.timeouts = {20s, 20s, 20s, 20s, 20s};
  config.dns_servers = {dns.server()};
  config.pinned = config.following = false;
  config.browser = true;
  config.race.attempt_delay = 2s;
  change(config);
  return record(config, 5);
}

DnsServer::Handler giving(const std::vector<std::string>& list) {
  return [list](const std::string& name, int type) { return addresses(name, type, list); };
}

TEST_CASE("IPv6 goes first and alone where it is well") {
  const HttpServer six{"::1", 0, greeting("six")};
  const HttpServer four{"127.0.0.1", six.port(), greeting("four")};
  const DnsServer dns{giving({"127.0.0.1", "::1"})};
  const RecordedRun run = browse(six.port(), dns, [](ProbeConfig& c) { c.race.resolution_delay = 20s; });
  REQUIRE(run.run.streams.size() == 1);
  CHECK(run.run.streams[0].name == "browser new");
  for (const Sample& sample : run.samples) {
    CHECK(sample.outcome == Outcome::ok);
    CHECK(sample.cluster == "six");
    CHECK(sample.attempts == 1);
    CHECK(sample.rescue == Rescue::none);
    CHECK_FALSE(sample.rescued_from);
    CHECK(sample.phases.dns > 0us);
    CHECK(sample.phases.connect > 0us);
  }
  CHECK(four.connections() == 0);
}

TEST_CASE("what fails at once is rescued by the next address and counted") {
  const HttpServer two{"127.0.0.2", 0, greeting("two")};
  const DnsServer dns{giving({"127.0.0.1", "127.0.0.2"})};
  for (const Sample& sample : browse(two.port(), dns).samples) {
    CHECK(sample.outcome == Outcome::ok);
    CHECK(to_string(*sample.address) == "127.0.0.2");
    CHECK(sample.attempts == 2);
    CHECK(sample.rescue == Rescue::from_failure);
    REQUIRE(sample.rescued_from);
    CHECK(to_string(*sample.rescued_from) == "127.0.0.1");
    CHECK(sample.detail == "127.0.0.1: connection refused");
  }
}

TEST_CASE("what is late is rescued after the attempt delay") {
  const SilentListener one{"127.0.0.1"};
  const HttpServer two{"127.0.0.2", one.port(), greeting("two")};
  const DnsServer dns{giving({"127.0.0.1", "127.0.0.2"})};
  const auto run = browse(two.port(), dns, [](ProbeConfig& c) { c.race.attempt_delay = 100ms; });
  for (const Sample& sample : run.samples) {
    CHECK(sample.outcome == Outcome::ok);
    CHECK(sample.rescue == Rescue::from_lateness);
    REQUIRE(sample.rescued_from);
    CHECK(to_string(*sample.rescued_from) == "127.0.0.1");
    CHECK(sample.phases.connect >= 100ms);
    CHECK(sample.detail == "127.0.0.1: late");
  }
}

TEST_CASE("when every address fails the first one's failure is told") {
  const auto port = free_port("127.0.0.1");
  const DnsServer dns{giving({"127.0.0.1", "127.0.0.2", "127.0.0.3"})};
  for (const Sample& sample : browse(port, dns).samples) {
    CHECK(sample.outcome == Outcome::connect_refused);
    CHECK(to_string(*sample.address) == "127.0.0.1");
    CHECK(sample.attempts == 3);
    CHECK(sample.rescue == Rescue::none);
  }
}

TEST_CASE("AAAA that does not come is waited for a moment only") {
  const HttpServer four{"127.0.0.1", 0, greeting("four")};
  const DnsServer dns{[](const std::string& name, int type) {
    return type == 28 ? DnsReply{.records = {}, .silent = true} : addresses(name, type, {"127.0.0.1"});
  }};
  const auto run = browse(four.port(), dns, [](ProbeConfig& c) { c.timeouts.dns = 600ms; });
  for (const Sample& sample : run.samples) {
    CHECK(sample.outcome == Outcome::ok);
    CHECK(sample.phases.dns >= 50ms);
  }
  CHECK(run.samples[0].phases.dns < 600ms);
}

TEST_CASE("a name that is gone for the browser is in the bucket of its failure") {
  std::atomic<int> lookups = 0;
  const DnsServer dns{[&](const std::string& name, int type) {
    return ++lookups <= 2 ? addresses(name, type, {"127.0.0.1"}) : DnsReply{.records = {}, .code = 3};
  }};
  const RecordedRun run = browse(80, dns);
  for (const Sample& sample : run.samples) {
    CHECK(sample.outcome == Outcome::dns_nxdomain);
    CHECK(sample.attempts == 0);
    CHECK_FALSE(sample.address);
  }
}

}  // namespace
}  // namespace meshdrill::probe
