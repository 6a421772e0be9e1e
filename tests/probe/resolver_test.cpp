#include "probe/resolver.hpp"

#include "probe/support/dns_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using testing::addresses;
using testing::DnsReply;
using testing::DnsServer;
using namespace std::chrono_literals;

Task<> ask(Resolver* resolver, std::string name, Family family, DnsAnswer* answer) {
  *answer = co_await resolver->resolve(name, family);
}

DnsAnswer look_up(const std::vector<std::string>& servers, const std::string& name, Family family,
                  Duration timeout = 20s) {
  asio::io_context context{1};
  auto resolver = Resolver::make(context, servers, timeout);
  REQUIRE(resolver);
  DnsAnswer answer;
  asio::co_spawn(context, ask(&*resolver, name, family, &answer), asio::detached);
  context.run();
  return answer;
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

TEST_CASE("a server that is not there is an error or a time-out but never an answer") {
  // The kernel may or may not tell a UDP client that nobody listens.
  const DnsAnswer answer = look_up({"127.0.0.1:1"}, "api.example.org", Family::ipv4, 200ms);
  CHECK((answer.result == DnsResult::error || answer.result == DnsResult::timeout));
  CHECK(answer.records.empty());
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
  auto resolver = Resolver::make(context, {server.server()}, 20s);
  REQUIRE(resolver);
  std::vector<DnsAnswer> answers(100);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string name = "h" + std::to_string(i) + ".example.org";
    asio::co_spawn(context, ask(&*resolver, name, Family::ipv4, &answers[i]), asio::detached);
  }
  context.run();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    REQUIRE(answers[i].records.size() == 1);
    CHECK(to_string(answers[i].records[0].address) == "192.0.2." + std::to_string(i));
  }
}

TEST_CASE("cancelled lookups end as errors") {
  DnsServer server{[](const std::string&, int) { return DnsReply{.records = {}, .silent = true}; }};
  asio::io_context context{1};
  auto resolver = Resolver::make(context, {server.server()}, 20s);
  REQUIRE(resolver);
  DnsAnswer answer;
  answer.result = DnsResult::ok;
  asio::co_spawn(context, ask(&*resolver, "api.example.org", Family::ipv4, &answer), asio::detached);
  asio::post(context, [&] { resolver->cancel(); });
  context.run();
  CHECK(answer.result == DnsResult::error);
}

TEST_CASE("a resolver may go while lookups run") {
  DnsServer server{[](const std::string&, int) { return DnsReply{.records = {}, .silent = true}; }};
  asio::io_context context{1};
  auto made = Resolver::make(context, {server.server()}, 20s);
  REQUIRE(made);
  auto resolver = std::make_unique<Resolver>(std::move(*made));
  DnsAnswer answer;
  answer.result = DnsResult::ok;
  asio::co_spawn(context, ask(resolver.get(), "api.example.org", Family::ipv4, &answer), asio::detached);
  asio::post(context, [&] { resolver.reset(); });
  context.run();
  CHECK(answer.result == DnsResult::error);
}

}  // namespace
}  // namespace meshdrill::probe
