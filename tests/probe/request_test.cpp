#include "probe/ask/request.hpp"

#include "probe/ask/judge.hpp"
#include "probe/ask/target.hpp"
#include "support/test_folder.hpp"

#include <cstdlib>

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

TEST_CASE("a header is a name and a value") {
  const auto header = parse_header(" X-Trace :  a b  ");
  REQUIRE(header);
  CHECK(header->name == "X-Trace");
  CHECK(header->value == "a b");
  CHECK(parse_header("X-Empty:")->value.empty());
  CHECK(parse_header("X-Mail: somebody@example.org")->value == "somebody@example.org");
}

TEST_CASE("the last word of a header may stand for what a variable or a file holds") {
  const TestFolder folder;
  const std::string file = folder.write("token", "from-file\n");
  ::setenv("MESHDRILL_TEST_TOKEN", "from-env", 1);
  CHECK(parse_header("Authorization: Bearer env:MESHDRILL_TEST_TOKEN")->value == "Bearer from-env");
  CHECK(parse_header("X-Key: @" + file)->value == "from-file");
  CHECK(parse_header("X: env:MESHDRILL_TEST_TOKEN is not last")->value ==
        "env:MESHDRILL_TEST_TOKEN is not last");

  const auto unset = parse_header("X-Key: env:MESHDRILL_TEST_UNSET");
  REQUIRE_FALSE(unset);
  CHECK(unset.error().message == "header 'X-Key': the environment variable MESHDRILL_TEST_UNSET is not set");
  folder.write("token", "\n");
  CHECK_FALSE(parse_header("X-Key: @" + file));
  CHECK_FALSE(parse_header("X-Key: @" + (folder.path / "missing").string()));
}

TEST_CASE("a header that cannot be sent is refused without showing its value") {
  ::setenv("MESHDRILL_TEST_TOKEN", "secret\r\nX-Smuggled: 1", 1);
  for (const char* const text :
       {"X-Key: env:MESHDRILL_TEST_TOKEN", "secret", "Na me: secret", "Connection: secret",
        "content-length: secret", ": secret", "X: sec\x01ret"}) {
    const auto header = parse_header(text);
    REQUIRE_FALSE(header);
    CHECK_MESSAGE(header.error().message.find("sec") == std::string::npos, header.error().message);
  }
}

TEST_CASE("a request carries what was asked for") {
  const Target target = *parse_target("http://api.example.org:8080/a?b=1");
  RequestOptions request{"POST", {{"X-One", "1"}, {"Host", "other"}, {"User-Agent", "mine"}}, "{}"};
  CHECK(request_bytes(target, request, true) ==
        "POST /a?b=1 HTTP/1.1\r\nAccept: */*\r\nX-One: 1\r\nHost: other\r\nUser-Agent: mine\r\n"
        "Content-Length: 2\r\nConnection: keep-alive\r\n\r\n{}");
  request.body.clear();
  CHECK(request_bytes(target, request, false).find("Content-Length: 0\r\n") != std::string::npos);
}

TEST_CASE("methods and bodies that make no sense are refused") {
  CHECK(check(RequestOptions{"PATCH", {}, "x"}));
  CHECK_FALSE(check(RequestOptions{"GE T", {}, ""}));
  CHECK_FALSE(check(RequestOptions{"", {}, ""}));
  CHECK_FALSE(check(RequestOptions{"CONNECT", {}, ""}));
  CHECK_FALSE(check(RequestOptions{"GET", {}, "x"}));
  CHECK_FALSE(check(RequestOptions{"GET", {{"X", "a\nb"}}, ""}));
}

TEST_CASE("tcp targets are a host and a port") {
  const auto target = parse_target("tcp://api.example.org:5432");
  REQUIRE(target);
  CHECK(target->scheme == Scheme::tcp);
  CHECK(target->port == 5432);
  CHECK(parse_target("tcp://[::1]:5432/")->literal);
  for (const char* const wrong :
       {"tcp://api.example.org", "tcp://api.example.org:1/path", "tcp://h:1?q", "udp://h:1"})
    CHECK_FALSE(parse_target(wrong));
}

TEST_CASE("redirects stay on the host and are never less safe") {
  const Target from = *parse_target("http://api.example.org:8080/a/b?c");
  CHECK(redirected(from, "/x")->path == "/x");
  CHECK(redirected(from, "y?z")->path == "/a/y?z");
  CHECK(redirected(from, "http://API.example.org:8080/x#part")->path == "/x");
  const auto secure = redirected(from, "https://api.example.org/x");
  REQUIRE(secure);
  CHECK(secure->scheme == Scheme::https);
  CHECK(secure->port == 443);

  const auto refused = [](const Target& target, const char* location) {
    const auto next = redirected(target, location);
    return next ? std::string{"followed"} : next.error().message;
  };
  CHECK(refused(from, "http://www.example.org:8080/") ==
        "redirected to 'http://www.example.org:8080/': another host");
  CHECK(refused(from, "http://api.example.org/") == "redirected to 'http://api.example.org/': another port");
  CHECK(refused(*secure, "http://api.example.org/") ==
        "redirected to 'http://api.example.org/': from https to http");
  CHECK(refused(from, "mailto:a@b").find("not a URL that can be probed") != std::string::npos);
  CHECK(refused(from, "http://[") == "redirected to 'http://[': not a URL");
}

TEST_CASE("expected statuses are numbers and ranges") {
  const auto some = parse_statuses("200-204,404");
  REQUIRE(some);
  CHECK(some->count() == 6);
  CHECK(some->test(203));
  CHECK(some->test(404));
  for (const char* const wrong : {"", "200,", "99", "600", "300-200", "2xx", "200-", "-200", "200 "})
    CHECK_FALSE(parse_statuses(wrong));
}

}  // namespace
}  // namespace meshdrill::probe
