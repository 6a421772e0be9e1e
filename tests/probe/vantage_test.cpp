#include "probe/dns/vantage.hpp"

#include "probe/support/dns_server.hpp"
#include "probe/support/http_server.hpp"
#include "probe/support/recorded_run.hpp"

#include <atomic>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr int type_ns = 2;

// A resolver and an authority in one: api.example.org is an alias into example.net, whose servers are two.
DnsReply both_zones(const std::string& name, int type) {
  if (name == "api.example.org") {
    DnsReply reply = addresses("lb.example.net", type, {"127.0.0.1"});
    reply.records.insert(reply.records.begin(), {name, "", "lb.example.net", 60});
    return reply;
  }
  if (type == type_ns) {
    DnsReply reply;
    if (name == "example.net") {
      reply.records = {{name, "", "", 60, "ns1.example.net"}, {name, "", "", 60, "ns2.example.net"}};
    }
    return reply;
  }
  if (name == "ns1.example.net") return addresses(name, type, {"127.0.0.1"});
  if (name == "ns2.example.net") return addresses(name, type, {"127.0.0.2", "::1"});
  if (name == "lb.example.net") return addresses(name, type, {"127.0.0.1"});
  return {.records = {}, .code = 3};
}

Task<> find(Resolver* resolver, std::string host, Result<Vantage>* found) {
  *found = co_await find_authority(*resolver, std::move(host), 5353);
}

Result<Vantage> authority_of(const std::string& host, const DnsServer& dns) {
  asio::io_context context{1};
  auto resolver = Resolver::make(context, {"here", VantageKind::server, {dns.server()}, host, ""}, 20s);
  REQUIRE(resolver);
  Result<Vantage> found = fail("never ended");
  asio::co_spawn(context, find(&*resolver, host, &found), asio::detached);
  context.run();
  return found;
}

TEST_CASE("the authority is that of the zone in which the aliases end") {
  const DnsServer dns{both_zones};
  const auto found = authority_of("api.example.org", dns);
  REQUIRE(found);
  CHECK(found->kind == VantageKind::authority);
  CHECK(found->name == "authority");
  CHECK(found->zone == "example.net");
  CHECK(found->question == "lb.example.net");
  REQUIRE(found->servers.size() >= 2);
  CHECK(found->servers[0] == "127.0.0.1:5353");
  CHECK(found->servers[1] == "127.0.0.2:5353");
  if (found->servers.size() > 2) CHECK(found->servers[2] == "[::1]:5353");
}

TEST_CASE("a name without an authority that can be found is told with what is missing") {
  const DnsServer nobody{[](const std::string&, int) { return DnsReply{.records = {}, .code = 3}; }};
  const auto none = authority_of("api.example.org", nobody);
  REQUIRE_FALSE(none);
  CHECK(none.error().message ==
        "authority: here knows of no name server for api.example.org or a zone above it");
  const DnsServer nameless{[](const std::string& name, int type) {
    DnsReply reply;
    if (type == type_ns) reply.records = {{name, "", "", 60, "ns1.example.net"}};
    return reply;
  }};
  const auto unreachable = authority_of("api.example.org", nameless);
  REQUIRE_FALSE(unreachable);
  CHECK(
      unreachable.error().message ==
      "authority: the name servers of api.example.org (ns1.example.net) have no address that can be reached");
}

std::uint16_t port_of(const std::string& server) {
  return static_cast<std::uint16_t>(std::stoi(server.substr(server.rfind(':') + 1)));
}

TEST_CASE("vantages side by side each have their own streams and answers") {
  HttpServer one{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("one"))}; }};
  HttpServer two{"127.0.0.2", one.port(), [](const std::string&) { return Reply{ok_answer(hello("two"))}; }};
  DnsServer first{[](const std::string& name, int type) { return addresses(name, type, {"127.0.0.1"}); }};
  DnsServer second{[](const std::string& name, int type) { return addresses(name, type, {"127.0.0.2"}); }};
  ProbeConfig config = patient("api.example.org", one.port());
  config.dns_servers = {first.server(), second.server()};
  config.side_by_side = true;
  const RecordedRun run = record(config, 5);
  REQUIRE(run.run.vantages.size() == 2);
  REQUIRE(run.run.streams.size() == 4);  // two addresses, two vantages
  CHECK(run.run.streams[2].name == "DNS A " + first.server() + " new");
  CHECK(run.run.streams[3].vantage == second.server());
  for (const Sample& sample : run.of_stream(2)) CHECK(sample.cluster == "one");
  for (const Sample& sample : run.of_stream(3)) CHECK(sample.cluster == "two");
  for (const DnsAnswer& answer : run.answers) {
    CHECK(answer.vantage == answer.server);
    if (answer.result == DnsResult::ok)
      CHECK(to_string(answer.records.at(0).address) ==
            (answer.vantage == first.server() ? "127.0.0.1" : "127.0.0.2"));
  }
  // Each lacks what the other gives.
  int missing = 0;
  for (const DnsFinding& finding : run.run.findings)
    missing += finding.change == DnsChange::not_in_dns ? 1 : 0;
  CHECK(missing == 2);
}

TEST_CASE("the authority is asked beside the resolver and without recursion") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("one"))}; }};
  DnsServer dns{[](const std::string& name, int type) {
    // One name server only, which is this one.
    if (name == "ns2.example.net") return DnsReply{};
    return both_zones(name, type);
  }};
  ProbeConfig config = patient("api.example.org", server.port());
  config.dns_servers = {dns.server()};
  config.authority = true;
  config.authority_port = port_of(dns.server());
  config.pinned = false;
  const RecordedRun run = record(config, 5);
  REQUIRE(run.run.vantages.size() == 2);
  CHECK(run.run.vantages[1].zone == "example.net");
  REQUIRE(run.run.streams.size() == 2);
  CHECK(run.run.streams[1].name == "DNS A authority new");
  CHECK(run.count(Outcome::ok) == run.samples.size());
  int from_authority = 0;
  for (const DnsAnswer& answer : run.answers) {
    if (answer.vantage != "authority") continue;
    ++from_authority;
    CHECK(answer.name == "lb.example.net");
    CHECK(answer.aliases.empty());
  }
  CHECK(from_authority >= 5);
  CHECK(dns.recursive() < dns.over_udp());
}

TEST_CASE("a following stream may honour the TTL") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("one"))}; }};
  std::atomic<int> asked = 0;
  DnsServer dns{[&](const std::string& name, int type) {
    if (type == 1) ++asked;
    return addresses(name, type, {"127.0.0.1"});  // for 30 s
  }};
  ProbeConfig config = patient("api.example.org", server.port());
  config.dns_servers = {dns.server()};
  config.pinned = false;
  config.follow = Follow::ttl;
  config.rate = 20;
  const RecordedRun run = record(config, 10);
  CHECK(run.count(Outcome::ok) == run.samples.size());
  // Those that came before the first answer ask themselves.
  CHECK(asked < static_cast<int>(run.samples.size()));
  CHECK(run.samples.back().phases.dns == 0us);
}

TEST_CASE("what is pinned but not in DNS is found without a stream that follows it") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("one"))}; }};
  DnsServer dns{[](const std::string& name, int type) { return addresses(name, type, {"127.0.0.2"}); }};
  ProbeConfig config = patient("api.example.org", server.port());
  config.dns_servers = {dns.server()};
  config.addresses = {*parse_ip("127.0.0.1")};
  config.following = false;
  const RecordedRun run = record(config, 3);
  REQUIRE(run.run.findings.size() == 2);
  CHECK(run.run.findings[0].change == DnsChange::not_pinned);
  CHECK(to_string(run.run.findings[0].address) == "127.0.0.2");
  CHECK(run.run.findings[1].change == DnsChange::not_in_dns);
  CHECK(to_string(run.run.findings[1].address) == "127.0.0.1");
}

TEST_CASE("a stream pinned to an IPv6 address") {
  HttpServer server{"::1", 0, [](const std::string& request) {
                      const bool bracketed = request.find("Host: [::1]:") != std::string::npos;
                      return Reply{ok_answer(bracketed ? hello("six") : "wrong host")};
                    }};
  const RecordedRun run = record(patient("[::1]", server.port()), 3);
  REQUIRE(run.run.streams.size() == 1);
  CHECK(run.run.streams[0].name == "::1 new");
  for (const Sample& sample : run.samples) {
    CHECK(sample.outcome == Outcome::ok);
    CHECK(to_string(*sample.address) == "::1");
  }
}

}  // namespace
}  // namespace meshdrill::probe
