#include "probe/dns/dns_message.hpp"

#include <random>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

// Builds messages octet by octet.
struct Message {
  explicit Message(unsigned flags = 0x8180, int answers = 0, int authorities = 0) {
    number(0x1234, 2).number(flags, 2).number(1, 2).number(static_cast<unsigned>(answers), 2);
    number(static_cast<unsigned>(authorities), 2).number(0, 2);
    name("api.example.org").number(1, 2).number(1, 2);  // the name stands at octet 12
  }
  Message& number(std::uint64_t value, int octets) {
    for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8)
      text += static_cast<char>(value >> shift & 0xff);
    return *this;
  }
  Message& name(const std::string& dotted) {
    for (std::size_t begin = 0; begin < dotted.size();) {
      const std::size_t end = std::min(dotted.find('.', begin), dotted.size());
      text += static_cast<char>(end - begin) + dotted.substr(begin, end - begin);
      begin = end + 1;
    }
    text += '\0';
    return *this;
  }
  Message& pointer(unsigned at) { return number(0xc000U | at, 2); }
  Message& record(const std::string& owner, unsigned type, std::uint32_t ttl, const std::string& data) {
    name(owner).number(type, 2).number(1, 2).number(ttl, 4).number(data.size(), 2);
    text += data;
    return *this;
  }
  static std::string name_data(const std::string& dotted) {
    Message scratch;
    scratch.text.clear();
    return scratch.name(dotted).text;
  }
  [[nodiscard]] Result<DnsMessage> parsed() const {
    return parse_dns_message({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
  }
  [[nodiscard]] DnsAnswer read(Family family = Family::ipv4) const {
    const auto message = parsed();
    REQUIRE(message);
    DnsAnswer answer;
    answer.family = family;
    read_addresses(*message, "api.example.org", answer);
    return answer;
  }

  std::string text;
};

const std::string v4 = "\xc0\x00\x02\x01"s;

// Each a place in the message, or a label and then a place.
std::vector<std::string> owners_read(const std::vector<std::pair<std::string, unsigned>>& owners) {
  Message message{0x8180, static_cast<int>(owners.size())};
  for (const auto& [label, place] : owners) {
    if (!label.empty()) message.text += static_cast<char>(label.size()) + label;
    message.pointer(place).number(1, 2).number(1, 2).number(60, 4).number(v4.size(), 2);
    message.text += v4;
  }
  const auto read = message.parsed();
  REQUIRE(read);
  std::vector<std::string> names;
  for (const DnsRecord& record : read->answer) names.push_back(record.owner);
  return names;
}

TEST_CASE("owners that point to the same place have the same name, and others theirs") {
  // "api.example.org" stands at octet 12, "example.org" at 16, "org" at 24, the first record at 33.
  CHECK(owners_read({{"", 12}, {"", 12}, {"", 16}, {"", 12}, {"", 24}, {"", 16}, {"", 16}}) ==
        std::vector<std::string>{"api.example.org", "api.example.org", "example.org", "api.example.org",
                                 "org", "example.org", "example.org"});
  CHECK(owners_read({{"www", 16}, {"www", 16}, {"", 16}, {"", 33}, {"", 33}, {"a", 33}}) ==
        std::vector<std::string>{"www.example.org", "www.example.org", "example.org", "www.example.org",
                                 "www.example.org", "a.www.example.org"});
}

TEST_CASE("records flags and TTLs are read") {
  const auto message = Message{0x8580, 2, 1}
                           .record("api.example.org", 1, 300, v4)
                           .record("api.example.org", 28, 0x80000001, std::string(15, '\0') + '\1')
                           .record("example.org", 2, 60, Message::name_data("ns1.example.org"))
                           .parsed();
  REQUIRE(message);
  CHECK(message->authoritative);
  CHECK_FALSE(message->truncated);
  CHECK(message->code == 0);
  REQUIRE(message->answer.size() == 2);
  CHECK(message->answer[0].owner == "api.example.org");
  CHECK(to_string(message->answer[0].address) == "192.0.2.1");
  CHECK(message->answer[0].ttl == 300s);
  CHECK(to_string(message->answer[1].address) == "::1");
  CHECK(message->answer[1].ttl == 0s);  // the highest bit of a TTL makes it 0
  REQUIRE(message->authority.size() == 1);
  CHECK(message->authority[0].name == "ns1.example.org");
}

TEST_CASE("names may point back to earlier ones and not in a circle") {
  Message good{0x8180, 1};
  good.pointer(12).number(1, 2).number(1, 2).number(9, 4).number(4, 2).text += v4;
  CHECK(to_string(good.read().records.at(0).address) == "192.0.2.1");

  Message part{0x8180, 1};
  part.text += "\3www"s;
  part.pointer(16).number(1, 2).number(1, 2).number(9, 4).number(4, 2).text += v4;
  REQUIRE(part.parsed());
  CHECK(part.parsed()->answer.at(0).owner == "www.example.org");

  Message itself{0x8180, 1};
  itself.pointer(static_cast<unsigned>(itself.text.size()))
      .number(1, 2)
      .number(1, 2)
      .number(9, 4)
      .number(0, 2);
  CHECK_FALSE(itself.parsed());
  Message forward{0x8180, 1};
  forward.pointer(200).number(1, 2).number(1, 2).number(9, 4).number(0, 2);
  CHECK_FALSE(forward.parsed());
}

TEST_CASE("names with odd octets are shown so that they stay one line and unambiguous") {
  Message message{0x8180, 1};
  message.text += "\4a.\n\xff"s;
  message.pointer(16).number(1, 2).number(1, 2).number(9, 4).number(4, 2).text += v4;
  REQUIRE(message.parsed());
  CHECK(message.parsed()->answer.at(0).owner == "a\\046\\010\\255.example.org");
}

TEST_CASE("records of other types and classes are passed over") {
  Message message{0x8180, 3};
  message.record("api.example.org", 46, 60, "whatever").record("api.example.org", 1, 60, v4);
  message.name("api.example.org").number(1, 2).number(3, 2).number(60, 4).number(4, 2).text += v4;
  CHECK(message.read().records.size() == 1);
}

TEST_CASE("an alias chain in any order of records ends at its addresses alone") {
  const auto answer = Message{0x8180, 4}
                          .record("b.example.org", 1, 50, v4)
                          .record("A.example.org", 5, 7, Message::name_data("B.example.org"))
                          .record("api.example.org", 5, 60, Message::name_data("a.example.org"))
                          .record("stray.example.org", 1, 1, "\xc0\x00\x02\x63"s)
                          .read();
  CHECK(answer.result == DnsResult::ok);
  CHECK(answer.aliases == std::vector<std::string>{"a.example.org", "B.example.org"});
  REQUIRE(answer.records.size() == 1);
  CHECK(answer.records[0].ttl == 50s);
  CHECK(answer.ttl == 7s);  // the shortest of the chain
}

TEST_CASE("a circle of aliases is an error") {
  const auto answer = Message{0x8180, 2}
                          .record("api.example.org", 5, 60, Message::name_data("a.example.org"))
                          .record("a.example.org", 5, 60, Message::name_data("api.example.org"))
                          .read();
  CHECK(answer.result == DnsResult::error);
  CHECK(answer.detail == "more than 16 aliases, or a circle of them");
}

TEST_CASE("each code of the server has its result") {
  CHECK(Message{0x8182}.read().result == DnsResult::servfail);
  CHECK(Message{0x8183}.read().result == DnsResult::nxdomain);
  CHECK(Message{0x8185}.read().result == DnsResult::refused);
  CHECK(Message{0x8181}.read().result == DnsResult::error);
  CHECK(Message{0x8181}.read().detail.find("FORMERR") != std::string::npos);
  CHECK(Message{0x8184}.read().detail.find("NOTIMP") != std::string::npos);
  CHECK(Message{0x8189}.read().detail == "the server answered with code 9");
  CHECK(Message{}.read().result == DnsResult::empty);
  // An alias to a name that does not exist: both are kept.
  const auto answer =
      Message{0x8183, 1}.record("api.example.org", 5, 60, Message::name_data("gone.example.org")).read();
  CHECK(answer.result == DnsResult::nxdomain);
  CHECK(answer.aliases == std::vector<std::string>{"gone.example.org"});
}

TEST_CASE("a referral is no answer but no address is one") {
  const auto ns = Message::name_data("ns1.example.net");
  const auto referred = Message{0x8100, 0, 1}.record("example.org", 2, 60, ns).read();
  CHECK(referred.result == DnsResult::error);
  CHECK(referred.detail == "the server refers to those of example.org");
  CHECK(Message{0x8500, 0, 1}.record("example.org", 6, 60, "soa").read().result == DnsResult::empty);
  CHECK(Message{0x8180, 0, 2}
            .record("example.org", 6, 60, "soa")
            .record("example.org", 2, 60, ns)
            .read()
            .result == DnsResult::empty);
}

TEST_CASE("a message that breaks off or lies about its lengths is refused") {
  const Message whole = Message{0x8180, 1}.record("api.example.org", 1, 300, v4);
  for (std::size_t length = 0; length < whole.text.size(); ++length) {
    Message cut;
    cut.text = whole.text.substr(0, length);
    CHECK_FALSE(cut.parsed());
  }
  CHECK_FALSE(Message{0x0100}.parsed());  // a question
  CHECK_FALSE(Message{0x8180, 1}.record("api.example.org", 1, 300, "\xc0\x00\x02"s).parsed());
  CHECK_FALSE(Message{0x8180, 1}.record("api.example.org", 5, 300, Message::name_data("x") + "?").parsed());
  // With TC set what is there is kept.
  Message truncated{0x8380, 2};
  truncated.record("api.example.org", 1, 300, v4).text += "\3api";
  REQUIRE(truncated.parsed());
  CHECK(truncated.parsed()->truncated);
  CHECK(truncated.parsed()->answer.size() == 1);
}

TEST_CASE("mangled messages are read or refused but never break anything") {
  const std::string whole = Message{0x8180, 3, 1}
                                .record("api.example.org", 5, 60, Message::name_data("a.example.org"))
                                .record("a.example.org", 1, 60, v4)
                                .record("a.example.org", 28, 60, std::string(16, '\1'))
                                .record("example.org", 6, 60, "soa")
                                .text;
  std::mt19937 random{5};
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    Message message;
    message.text = whole;
    for (int change = 0; change < 1 + i % 4; ++change)
      message.text[random() % message.text.size()] = static_cast<char>(random());
    if (const auto parsed = message.parsed()) {
      DnsAnswer answer;
      read_addresses(*parsed, "api.example.org", answer);
      ++read;
    }
  }
  CHECK(read > 0);
  CHECK(read < 20'000);
}

}  // namespace
}  // namespace meshdrill::probe
