#include "lab/net/dns_server.hpp"

#include "lab/dns_query.hpp"

#include <chrono>
#include <random>
#include <thread>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::lab;
using namespace meshdrill::lab::testing;

namespace {

DnsZone zone_of(int members, bool ipv6 = false) {
  std::vector<DnsZone::Member> list;
  for (int i = 1; i <= members; ++i) {
    list.push_back(
        {"c" + std::to_string(i), asio::ip::make_address_v4("127.99." + std::to_string(i) + ".2")});
  }
  return {"api.lab.test", std::move(list), std::chrono::seconds(7), ipv6};
}

// A server on its own thread, on a free port of 127.0.0.1.
class Served {
 public:
  explicit Served(DnsZone zone)
      : server_(DnsServer::listen(context_.get_executor(), asio::ip::make_address_v4("127.0.0.1"), 0,
                                  std::move(zone))
                    .value()),
        address("127.0.0.1:" + std::to_string(server_->port())),
        thread_([this] { context_.run(); }) {}
  ~Served() {
    asio::post(context_, [this] { server_->close(); });
    thread_.join();
  }

 private:
  asio::io_context context_{1};
  std::unique_ptr<DnsServer> server_;

 public:
  const std::string address;

 private:
  std::thread thread_;
};

}  // namespace

TEST_CASE("the host has every address with the TTL and the order rotates") {
  const Served served(zone_of(3));
  const DnsReply first = query_udp(served.address, "api.lab.test");
  CHECK(first.code == 0);
  CHECK(first.authoritative);
  CHECK(first.addresses == std::vector<std::string>{"127.99.1.2", "127.99.2.2", "127.99.3.2"});
  CHECK(first.ttls == std::vector<std::uint32_t>{7, 7, 7});
  CHECK(query_tcp(served.address, "API.lab.TEST").addresses.front() == "127.99.2.2");
  CHECK(query_udp(served.address, "api.lab.test").addresses.front() == "127.99.3.2");
  CHECK(query_udp(served.address, "api.lab.test").addresses.front() == "127.99.1.2");
}

TEST_CASE("asking for both families does not spoil the rotation of either") {
  const Served served(zone_of(2, true));
  for (const std::string expected : {"127.99.1.2", "127.99.2.2", "127.99.1.2"}) {
    CHECK(query_udp(served.address, "api.lab.test").addresses.front() == expected);
    CHECK(query_udp(served.address, "api.lab.test", {28, 0}).addresses.front() == "::ffff:" + expected);
  }
}

TEST_CASE("what is not there is told apart") {
  const Served served(zone_of(2));
  const DnsReply no_data = query_udp(served.address, "api.lab.test", {28, 0});
  CHECK(no_data.code == 0);
  CHECK(no_data.addresses.empty());
  CHECK(no_data.authorities == 1);  // the SOA, which tells how long to remember
  CHECK(query_udp(served.address, "other.lab.test").code == 3);
  CHECK(query_udp(served.address, "other.test").code == 5);
  CHECK(query_udp(served.address, "notlab.test").code == 5);
}

TEST_CASE("an answer that does not fit is truncated and comes over TCP") {
  const Served served(zone_of(40));
  const DnsReply plain = query_udp(served.address, "api.lab.test");
  CHECK(plain.truncated);
  CHECK(plain.addresses.empty());
  CHECK(plain.size <= 512);
  const DnsReply whole = query_tcp(served.address, "api.lab.test");
  CHECK_FALSE(whole.truncated);
  CHECK(whole.addresses.size() == 40);
  CHECK(whole.addresses.front() == "127.99.1.2");  // the truncated answer took no turn
  const DnsReply extended = query_udp(served.address, "api.lab.test", {1, 1232});
  CHECK_FALSE(extended.truncated);
  CHECK(extended.addresses.size() == 40);
}

TEST_CASE("what is no query gets an error or nothing and never ends the server") {
  DnsZone zone = zone_of(2);
  CHECK(zone.answer(std::vector<std::uint8_t>{1, 2, 3}, false).empty());
  std::vector<std::uint8_t> message = make_query("api.lab.test");
  message[2] = 0x81;  // a response
  CHECK(zone.answer(message, false).empty());
  message = make_query("api.lab.test");
  message[2] = 0x29;  // opcode UPDATE
  CHECK(parse_reply(zone.answer(message, false)).code == 4);
  message = make_query("api.lab.test");
  message.resize(message.size() - 3);
  CHECK(parse_reply(zone.answer(message, false)).code == 1);
  message = make_query("api.lab.test");
  message[5] = 2;  // two questions
  CHECK(parse_reply(zone.answer(message, false)).code == 1);

  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::uint8_t> noise = make_query("api.lab.test", {1, 1232});
    for (int change = 0; change < 4; ++change)
      noise[random() % noise.size()] = static_cast<std::uint8_t>(random());
    noise.resize(random() % (noise.size() + 1));
    const auto answer = zone.answer(noise, false);
    CHECK(answer.size() <= 1232);
  }
  CHECK(parse_reply(zone.answer(make_query("api.lab.test"), false)).addresses.size() == 2);
}
