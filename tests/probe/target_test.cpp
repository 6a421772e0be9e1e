#include "probe/ask/target.hpp"

#include "probe/ask/identify.hpp"
#include "probe/plan.hpp"

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

TEST_CASE("URLs are taken apart") {
  const auto target = parse_target("http://api.example.org:8080/a/b?c=d");
  REQUIRE(target);
  CHECK(target->scheme == Scheme::http);
  CHECK(target->host == "api.example.org");
  CHECK(target->port == 8080);
  CHECK(target->path == "/a/b?c=d");
  CHECK_FALSE(target->literal);
  CHECK(parse_target("https://api.example.org")->port == 443);
  CHECK(parse_target("https://api.example.org")->path == "/");
  CHECK(parse_target("http://[2001:db8::1]/")->literal == *parse_ip("2001:db8::1"));
  CHECK(parse_target("http://192.0.2.1:81")->literal == *parse_ip("192.0.2.1"));
}

TEST_CASE("what cannot be probed is refused with a reason") {
  for (const std::string_view url :
       {"", "api.example.org", "ftp://a/", "http://", "http:///x", "http://u:p@a/", "http://a/#x",
        "http://a:0/", "http://a:70000/", "http://a b/"}) {
    const auto target = parse_target(url);
    CHECK_FALSE(target);
  }
}

TEST_CASE("the request names the host of the URL") {
  const auto target = *parse_target("http://api.example.org:8080/x");
  const std::string fresh = request_bytes(target, {}, false);
  CHECK(fresh.starts_with("GET /x HTTP/1.1\r\nHost: api.example.org:8080\r\n"));
  CHECK(fresh.find("Connection: close\r\n") != std::string::npos);
  CHECK(fresh.ends_with("\r\n\r\n"));
  CHECK(request_bytes(target, {}, true).find("Connection: keep-alive\r\n") != std::string::npos);
  CHECK(request_bytes(*parse_target("http://[::1]/"), {}, false).find("Host: [::1]\r\n") !=
        std::string::npos);
}

TEST_CASE("DNS servers are read with and without port") {
  CHECK(*parse_dns_server("192.0.2.53") == "192.0.2.53:53");
  CHECK(*parse_dns_server("192.0.2.53:5353") == "192.0.2.53:5353");
  CHECK(*parse_dns_server("[2001:db8::53]:5353") == "[2001:db8::53]:5353");
  CHECK(*parse_dns_server("2001:db8::53") == "[2001:db8::53]:53");
  for (const std::string_view text :
       {"", "ns.example.org", "192.0.2.53:", "192.0.2.53:0", "[::1", "[::1]x", "1.2.3"}) {
    CHECK_FALSE(parse_dns_server(text));
  }
}

TEST_CASE("the default rule finds the cluster in common bodies") {
  const auto identifier = *Identifier::make({});
  CHECK(identifier.identify("Hello from Cluster cilium-001\n") == "cilium-001");
  CHECK(identifier.identify(R"({"Galaxy": "Alderaan", "Cluster": "Cluster-1"})") == "Cluster-1");
  CHECK_FALSE(identifier.identify("default backend - 404"));
  CHECK_FALSE(identifier.identify(""));
}

TEST_CASE("a name that is not in the list is nobody") {
  const auto identifier = *Identifier::make({.regex = "from ([a-z]+)", .clusters = {"one", "two"}});
  CHECK(identifier.identify("from two") == "two");
  CHECK_FALSE(identifier.identify("from three"));
}

TEST_CASE("a rule needs exactly one capture") {
  CHECK_FALSE(Identifier::make({.regex = "Cluster"}));
  CHECK_FALSE(Identifier::make({.regex = "(a)(b)"}));
  CHECK_FALSE(Identifier::make({.regex = "(unclosed"}));
  CHECK(Identifier::make({.regex = "(?:a|b)(c)"}));
}

TEST_CASE("a pathological rule gives up instead of hanging") {
  const auto identifier = *Identifier::make({.regex = "((?:a|aa)+)$"});
  CHECK_FALSE(identifier.identify(std::string(2000, 'a') + "b"));
}

}  // namespace
}  // namespace meshdrill::probe
