#include "probe/dns/resolver.hpp"

#include "probe/support/dns_server.hpp"

#include <atomic>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

Task<> ask(Resolver* resolver, Family family, DnsAnswer* answer) {
  *answer = co_await resolver->resolve(family);
}

Task<> ask_for(Resolver* resolver, std::string name, ServerReply* reply) {
  *reply = co_await resolver->ask(std::move(name), RecordType::a);
}

Vantage vantage(VantageKind kind, const std::vector<std::string>& servers,
                const std::string& name = "api.example.org") {
  return {"here", kind, servers, name, ""};
}

// Several lookups, one after the other.
std::vector<DnsAnswer> look_up(const Vantage& of, Family family, Duration timeout, int times) {
  asio::io_context context{1};
  auto resolver = Resolver::make(context, of, timeout);
  REQUIRE(resolver);
  std::vector<DnsAnswer> answers(static_cast<std::size_t>(times));
  for (DnsAnswer& answer : answers) {
    asio::co_spawn(context, ask(&*resolver, family, &answer), asio::detached);
    context.run();
    context.restart();
  }
  return answers;
}

DnsAnswer look_up(const std::vector<std::string>& servers, const std::string& name, Family family,
                  Duration timeout = 20s) {
  return look_up(vantage(VantageKind::servers, servers, name), family, timeout, 1).front();
}

DnsAnswer look_up(const DnsReply& reply, Family family = Family::ipv4, Duration timeout = 20s) {
  DnsServer server{[&](const std::string&, int) { return reply; }};
  return look_up({server.server()}, "api.example.org", family, timeout);
}

TEST_CASE("order and TTL of the answer are kept as they came") {
  const DnsReply reply{{{"api.example.org", "192.0.2.30", "", 7},
                        {"api.example.org", "192.0.2.10", "", 8},
                        {"api.example.org", "192.0.2.20", "", 9}}};
  const DnsAnswer answer = look_up(reply);
  CHECK(answer.result == DnsResult::ok);
  REQUIRE(answer.records.size() == 3);
  CHECK(to_string(answer.records[0].address) == "192.0.2.30");
  CHECK(to_string(answer.records[1].address) == "192.0.2.10");
  CHECK(to_string(answer.records[2].address) == "192.0.2.20");
  CHECK(answer.records[0].ttl == 7s);
  CHECK(answer.records[2].ttl == 9s);
  CHECK(answer.took > 0us);
}

TEST_CASE("A and AAAA are separate questions") {
  DnsServer server{[](const std::string& name, int type) {
    return addresses(name, type, {"192.0.2.1", "2001:db8::1", "2001:db8::2"});
  }};
  const DnsAnswer v4 = look_up({server.server()}, "api.example.org", Family::ipv4);
  const DnsAnswer v6 = look_up({server.server()}, "api.example.org", Family::ipv6);
  REQUIRE(v4.records.size() == 1);
  REQUIRE(v6.records.size() == 2);
  CHECK(to_string(v6.records[1].address) == "2001:db8::2");
  CHECK(server.over_udp() == 2);
  CHECK(v4.server == server.server());
  CHECK(v4.vantage == "here");
  CHECK(v4.name == "api.example.org");
}

TEST_CASE("the CNAME chain is kept") {
  const DnsReply reply{{{"api.example.org", "", "lb.example.net", 60},
                        {"lb.example.net", "", "edge.example.net", 60},
                        {"edge.example.net", "192.0.2.1", "", 5}}};
  const DnsAnswer answer = look_up(reply);
  CHECK(answer.result == DnsResult::ok);
  CHECK(answer.aliases == std::vector<std::string>{"lb.example.net", "edge.example.net"});
  REQUIRE(answer.records.size() == 1);
  CHECK(answer.records[0].ttl == 5s);
}

TEST_CASE("each failure is told apart") {
  CHECK(look_up(DnsReply{.records = {}, .code = 3}).result == DnsResult::nxdomain);
  CHECK(look_up(DnsReply{.records = {}, .code = 2}).result == DnsResult::servfail);
  CHECK(look_up(DnsReply{.records = {}, .code = 5}).result == DnsResult::refused);
  CHECK(look_up(DnsReply{}).result == DnsResult::empty);
  CHECK(look_up(DnsReply{}, Family::ipv6).result == DnsResult::empty);
  CHECK(look_up(DnsReply{.records = {}, .silent = true}, Family::ipv4, 100ms).result == DnsResult::timeout);
}

TEST_CASE("a server that is not there is unreachable") {
  // On loopback the kernel always tells a UDP client that nobody listens.
  const DnsAnswer answer = look_up({"127.0.0.1:1"}, "api.example.org", Family::ipv4);
  CHECK(answer.result == DnsResult::unreachable);
  CHECK(answer.records.empty());
  CHECK(answer.server == "127.0.0.1:1");
}

TEST_CASE("the next server in line is asked when nothing comes and the answer names who gave it") {
  DnsServer silent{[](const std::string&, int) { return DnsReply{.records = {}, .silent = true}; }};
  DnsServer good{[](const std::string& name, int type) { return addresses(name, type, {"192.0.2.1"}); }};
  const std::string dead = "127.0.0.1:1";
  const DnsAnswer answer =
      look_up({dead, silent.server(), good.server()}, "api.example.org", Family::ipv4, 900ms);
  CHECK(answer.result == DnsResult::ok);
  CHECK(answer.server == good.server());
  CHECK(answer.unanswered == std::vector<std::string>{dead, silent.server()});
  CHECK(silent.over_udp() == 1);
  CHECK(good.over_udp() == 1);
}

TEST_CASE("an answer is final whatever it says") {
  DnsServer broken{[](const std::string&, int) { return DnsReply{.records = {}, .code = 2}; }};
  DnsServer good{[](const std::string& name, int type) { return addresses(name, type, {"192.0.2.1"}); }};
  const DnsAnswer answer = look_up({broken.server(), good.server()}, "api.example.org", Family::ipv4);
  CHECK(answer.result == DnsResult::servfail);
  CHECK(answer.server == broken.server());
  CHECK(good.over_udp() == 0);
}

TEST_CASE("servers of an authority take turns and one that is dead is not hidden") {
  DnsServer one{[](const std::string& name, int type) { return addresses(name, type, {"192.0.2.1"}); }};
  const std::string dead = "127.0.0.1:1";
  const auto answers = look_up(vantage(VantageKind::authority, {one.server(), dead}), Family::ipv4, 20s, 4);
  for (const std::size_t i : {0U, 2U}) {
    CHECK(answers[i].result == DnsResult::ok);
    CHECK(answers[i].server == one.server());
    CHECK(answers[i].authoritative);
  }
  for (const std::size_t i : {1U, 3U}) {
    CHECK(answers[i].result == DnsResult::unreachable);
    CHECK(answers[i].server == dead);
  }
  CHECK(one.recursive() == 0);
}

TEST_CASE("only resolvers are asked to recurse") {
  DnsServer server{[](const std::string& name, int type) { return addresses(name, type, {"192.0.2.1"}); }};
  look_up({server.server()}, "api.example.org", Family::ipv4);
  CHECK(server.recursive() == 1);
}

TEST_CASE("lookups one after the other share a socket") {
  DnsServer server{[](const std::string& name, int type) { return addresses(name, type, {"192.0.2.1"}); }};
  for (const DnsAnswer& answer :
       look_up(vantage(VantageKind::server, {server.server()}), Family::ipv4, 20s, 20))
    CHECK(answer.result == DnsResult::ok);
  CHECK(server.udp_clients() == 1);
}

TEST_CASE("a resolver comes back to a server that was away") {
  std::atomic<bool> silent = true;
  DnsServer server{[&](const std::string& name, int type) {
    return silent ? DnsReply{.records = {}, .silent = true} : addresses(name, type, {"192.0.2.1"});
  }};
  asio::io_context context{1};
  auto resolver = Resolver::make(context, vantage(VantageKind::server, {server.server()}), 100ms);
  REQUIRE(resolver);
  for (int i = 0; i < 6; ++i) {
    silent = i % 2 == 0;
    DnsAnswer answer;
    asio::co_spawn(context, ask(&*resolver, Family::ipv4, &answer), asio::detached);
    context.run();
    context.restart();
    CHECK(answer.result == (i % 2 == 0 ? DnsResult::timeout : DnsResult::ok));
  }
}

TEST_CASE("a name that is no name is an error that says so") {
  DnsServer server{[](const std::string&, int) { return DnsReply{}; }};
  const DnsAnswer answer = look_up({server.server()}, std::string(70, 'x') + ".example.org", Family::ipv4);
  CHECK(answer.result == DnsResult::error);
  CHECK(answer.detail == "Misformatted domain name");
  CHECK(server.over_udp() == 0);
}

TEST_CASE("a malformed answer is an error or a time-out but never an answer") {
  const DnsAnswer answer = look_up(DnsReply{.records = {}, .garbage = true}, Family::ipv4, 200ms);
  CHECK((answer.result == DnsResult::error || answer.result == DnsResult::timeout));
}

TEST_CASE("a truncated answer is asked for again over TCP") {
  DnsServer server{[](const std::string& name, int) {
    DnsReply reply;
    reply.truncated_over_udp = true;
    for (int i = 1; i <= 60; ++i) reply.records.push_back({name, "192.0.2." + std::to_string(i), "", 30});
    return reply;
  }};
  const DnsAnswer answer = look_up({server.server()}, "api.example.org", Family::ipv4);
  CHECK(answer.result == DnsResult::ok);
  CHECK(answer.records.size() == 60);
  CHECK(server.over_udp() == 1);
  CHECK(server.over_tcp() == 1);
  CHECK(answer.over_tcp);
}

TEST_CASE("truncated answers are asked for again over TCP each time") {
  DnsServer server{[](const std::string& name, int type) {
    DnsReply reply = addresses(name, type, {"192.0.2.1"});
    reply.truncated_over_udp = true;
    return reply;
  }};
  for (const DnsAnswer& answer :
       look_up(vantage(VantageKind::server, {server.server()}), Family::ipv4, 20s, 5))
    CHECK(answer.result == DnsResult::ok);
  CHECK(server.over_tcp() == 5);
}

TEST_CASE("a truncated answer whose rest does not come over TCP in time is a time-out") {
  DnsServer server{[](const std::string&, int) {
    return DnsReply{.records = {}, .truncated_over_udp = true, .silent_over_tcp = true};
  }};
  const DnsAnswer answer = look_up({server.server()}, "api.example.org", Family::ipv4, 200ms);
  CHECK(answer.result == DnsResult::timeout);
  CHECK(answer.over_tcp);
}

TEST_CASE("a failure is not asked for again") {
  DnsServer server{[](const std::string&, int) { return DnsReply{.records = {}, .code = 2}; }};
  CHECK(look_up({server.server()}, "api.example.org", Family::ipv4).result == DnsResult::servfail);
  CHECK(server.over_udp() == 1);
}

TEST_CASE("many lookups at once each get their own answer") {
  DnsServer server{[](const std::string& name, int type) {
    return addresses(name, type, {"192.0.2." + name.substr(1, name.find('.') - 1)});
  }};
  asio::io_context context{1};
  auto resolver = Resolver::make(context, vantage(VantageKind::server, {server.server()}), 20s);
  REQUIRE(resolver);
  std::vector<ServerReply> replies(100);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    std::string name = "h" + std::to_string(i) + ".example.org";
    asio::co_spawn(context, ask_for(&*resolver, std::move(name), &replies[i]), asio::detached);
  }
  context.run();
  for (std::size_t i = 0; i < replies.size(); ++i) {
    REQUIRE(replies[i].message->answer.size() == 1);
    CHECK(to_string(replies[i].message->answer[0].address) == "192.0.2." + std::to_string(i));
  }
}

TEST_CASE("cancelled lookups end as errors") {
  DnsServer server{[](const std::string&, int) { return DnsReply{.records = {}, .silent = true}; }};
  asio::io_context context{1};
  auto resolver = Resolver::make(context, vantage(VantageKind::server, {server.server()}), 20s);
  REQUIRE(resolver);
  DnsAnswer answer;
  answer.result = DnsResult::ok;
  asio::co_spawn(context, ask(&*resolver, Family::ipv4, &answer), asio::detached);
  asio::post(context, [&] { resolver->cancel(); });
  context.run();
  CHECK(answer.result == DnsResult::error);
}

TEST_CASE("a resolver may go while lookups run") {
  DnsServer server{[](const std::string&, int) { return DnsReply{.records = {}, .silent = true}; }};
  asio::io_context context{1};
  auto made = Resolver::make(context, vantage(VantageKind::server, {server.server()}), 20s);
  REQUIRE(made);
  auto resolver = std::make_unique<Resolver>(std::move(*made));
  DnsAnswer answer;
  answer.result = DnsResult::ok;
  asio::co_spawn(context, ask(resolver.get(), Family::ipv4, &answer), asio::detached);
  asio::post(context, [&] { resolver.reset(); });
  context.run();
  CHECK(answer.result == DnsResult::error);
}

}  // namespace
}  // namespace meshdrill::probe
