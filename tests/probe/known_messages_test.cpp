#include "probe/dns/known_messages.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

// The answer to a question for the A records of "x": one, whose address and TTL end with these octets.
std::string answer(char id, char host, char ttl) {
  using namespace std::string_view_literals;
  std::string text{id, id};
  text += "\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x01x\x00\x00\x01\x00\x01"sv;
  text += "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00"sv;
  text += ttl;
  text += "\x00\x04\xc0\x00\x02"sv;
  return text + host;
}

std::shared_ptr<const DnsMessage> read(KnownMessages& known, const std::string& text) {
  auto message = known.read({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
  REQUIRE(message);
  return *message;
}

TEST_CASE("a message that differs from a known one by its id alone is not parsed again") {
  KnownMessages known;
  const auto first = read(known, answer(1, 7, 60));
  CHECK(read(known, answer(2, 7, 60)) == first);
  CHECK(to_string(first->answer.at(0).address) == "192.0.2.7");
}

TEST_CASE("a message that differs by anything else is parsed") {
  KnownMessages known;
  read(known, answer(1, 7, 60));
  CHECK(to_string(read(known, answer(1, 8, 60))->answer.at(0).address) == "192.0.2.8");
  CHECK(read(known, answer(1, 8, 59))->answer.at(0).ttl == 59s);
}

TEST_CASE("of two messages that take turns both stay known") {
  KnownMessages known;
  const auto first = read(known, answer(1, 7, 60));
  const auto second = read(known, answer(2, 8, 60));
  CHECK(read(known, answer(3, 7, 60)) == first);
  CHECK(read(known, answer(4, 8, 60)) == second);
}

TEST_CASE("what is no message is not known the next time either") {
  KnownMessages known;
  const std::string text = answer(1, 7, 60);
  const auto broken = [&](std::size_t size) {
    return known.read({reinterpret_cast<const unsigned char*>(text.data()), size});
  };
  CHECK_FALSE(broken(30));
  CHECK_FALSE(broken(30));
  CHECK_FALSE(broken(1));
  CHECK_FALSE(broken(0));
}

}  // namespace
}  // namespace meshdrill::probe
