#include "probe/ask/known_heads.hpp"

#include "probe/ask/poller.hpp"
#include "probe/ask/reading.hpp"

#include <doctest/doctest.h>

namespace {

using namespace meshdrill;
using namespace meshdrill::probe;

// Reads answers one after the other, as on one connection.
struct Reader {
  asio::io_context context;
  Poller poller{context};
  Connection connection{poller};
  KnownHeads known;
  std::string wanted_header = "X-Pod";

  // What the head said, with the body in the connection; status 0 unless the answer was complete.
  AnswerHead read(std::string_view answer, bool has_body = true, std::size_t limit = 100) {
    Reading reading{connection, {limit, has_body, wanted_header, known}, Clock::now()};
    const error_code error = reading.feed(answer);
    return !error && reading.is_done() ? reading.head() : AnswerHead{};
  }
};

constexpr std::string_view head =
    "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 3\r\nX-Pod: a-1\r\nLocation: /x\r\n\r\n";

std::string answer(std::string_view body) {
  return std::string{head} + std::string{body};
}

TEST_CASE("an answer whose head is known says what its head said, and has its own body") {
  Reader reader;
  CHECK(reader.known.find(answer("c01")).head == nullptr);
  for (const char* body : {"c01", "c02", "c01"}) {
    const AnswerHead said = reader.read(answer(body));
    CHECK(said.status == 200);
    CHECK(said.keep_alive);
    CHECK(said.header == "a-1");
    CHECK(said.location == "/x");
    CHECK(reader.connection.body == body);
  }
  CHECK(reader.known.find(answer("c03")).head != nullptr);
}

TEST_CASE("only the same head with as much body as it says is known") {
  Reader reader;
  reader.read(answer("c01"));
  CHECK(reader.known.find(answer("c0")).head == nullptr);
  CHECK(reader.known.find(answer("c011")).head == nullptr);
  CHECK(reader.known.find(head).head == nullptr);
  std::string other = answer("c01");
  other.replace(9, 3, "503");
  CHECK(reader.known.find(other).head == nullptr);
  CHECK(reader.read(other).status == 503);
  CHECK(reader.read(answer("c02")).status == 200);
}

TEST_CASE("an answer in two pieces is parsed although its head is known") {
  Reader reader;
  reader.read(answer("c01"));
  Reading reading{reader.connection, {100, true, reader.wanted_header, reader.known}, Clock::now()};
  CHECK(!reading.feed(answer("c0")));
  CHECK(!reading.is_done());
  CHECK(!reading.feed("9"));
  CHECK(reading.is_done());
  CHECK(reader.connection.body == "c09");
}

TEST_CASE("heads that do not give the length of what follows are never known") {
  Reader reader;
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nc01\r\n0\r\n\r\n";
  CHECK(reader.read(chunked).status == 200);
  CHECK(reader.known.find(chunked).head == nullptr);
  const std::string unchanged = "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n";
  CHECK(reader.read(unchanged).status == 304);
  CHECK(reader.known.find(unchanged).head == nullptr);
  // The answer to HEAD has the head of a GET, and no body.
  CHECK(reader.read(head, false).status == 200);
  CHECK(reader.known.find(answer("c01")).head == nullptr);
  CHECK(reader.read(answer("c01")).status == 200);
  CHECK(reader.read(head, false).status == 200);
  CHECK(reader.connection.body.empty());
}

TEST_CASE("an interim answer before the answer counts as part of its head") {
  Reader reader;
  const std::string both = "HTTP/1.1 103 Early Hints\r\n\r\n" + answer("c01");
  for (int i = 0; i < 2; ++i) CHECK(reader.read(both).status == 200);
  CHECK(reader.connection.body == "c01");
  CHECK(reader.known.find(both).body == "c01");
}

TEST_CASE("four heads are known at once, and the oldest makes place") {
  Reader reader;
  const auto with_date = [](int second) {
    return "HTTP/1.1 200 OK\r\nDate: " + std::to_string(second) + "\r\nContent-Length: 1\r\n\r\nx";
  };
  for (int second = 0; second < 5; ++second) reader.read(with_date(second));
  CHECK(reader.known.find(with_date(0)).head == nullptr);
  for (int second = 1; second < 5; ++second) CHECK(reader.known.find(with_date(second)).head != nullptr);
}

}  // namespace
