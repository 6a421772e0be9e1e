#include "probe/ask/identify.hpp"

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

Identifier make(const IdentifyRule& rule) {
  auto made = Identifier::make(rule);
  REQUIRE(made);
  return *made;
}

std::string error_of(const IdentifyRule& rule) {
  const auto made = Identifier::make(rule);
  REQUIRE_FALSE(made);
  return made.error().message;
}

TEST_CASE("a header of the answer names the cluster") {
  const Identifier identifier = make({.clusters = {"one", "two"}, .header = "X-Cluster"});
  CHECK(identifier.header() == "X-Cluster");
  CHECK(identifier.identify({"Hello from Cluster two", " one\t", std::nullopt}) == "one");
  CHECK_FALSE(identifier.identify({"Hello from Cluster two", "", std::nullopt}));
  CHECK_FALSE(identifier.identify({"", "three", std::nullopt}));
}

TEST_CASE("a JSON pointer into the body names the cluster") {
  const Identifier identifier = make({.json_pointer = "/meta/0/a~1b"});
  CHECK(identifier.identify(R"({"meta": [{"a/b": "one"}]})") == "one");
  for (const char* body : {R"({"meta": [{"a/b": 1}]})", R"({"meta": []})", "[]", "{", "", "one"}) {
    CAPTURE(body);
    CHECK_FALSE(identifier.identify(body));
  }
}

TEST_CASE("an address map names the cluster whatever the answer says") {
  const IpAddress first = *parse_ip("192.0.2.1");
  const Identifier identifier = make({.addresses = {{first, "one"}, {*parse_ip("2001:db8::2"), "two"}}});
  CHECK(identifier.identify({"Hello from Cluster two", "", first}) == "one");
  CHECK(identifier.identify({"", "", *parse_ip("2001:0db8:0::2")}) == "two");
  CHECK_FALSE(identifier.identify({"", "", *parse_ip("192.0.2.3")}));
  CHECK_FALSE(identifier.identify({"", "", std::nullopt}));
}

TEST_CASE("rules that cannot work are refused with the reason") {
  CHECK(error_of({.header = "X Cluster"}).find("no name of a header") != std::string::npos);
  CHECK(error_of({.json_pointer = "cluster"}).find("RFC 6901") != std::string::npos);
  CHECK(error_of({.json_pointer = "/a~2"}).find("RFC 6901") != std::string::npos);
  CHECK(error_of({.clusters = {"one"}, .addresses = {{*parse_ip("192.0.2.1"), "three"}}}).find("'three'") !=
        std::string::npos);
  CHECK(error_of({.regex = "no capture"}).find("exactly one capture") != std::string::npos);
}

TEST_CASE("names too long to be a cluster are nobody's") {
  CHECK_FALSE(make({}).identify("Cluster " + std::string(300, 'a')));
  CHECK(make({}).identify("Cluster " + std::string(32, 'a')));
}

}  // namespace
}  // namespace meshdrill::probe
