#include "probe/dns/dns_set.hpp"

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

IpAddress ip(const std::string& text) {
  return *parse_ip(text);
}

// An answer of 5 s TTL.
DnsAnswer given(Offset asked, const std::vector<std::string>& addresses, const std::string& server = "ns1") {
  DnsAnswer answer;
  answer.asked = asked;
  answer.vantage = "here";
  answer.server = server;
  answer.result = addresses.empty() ? DnsResult::empty : DnsResult::ok;
  for (const std::string& address : addresses) answer.records.push_back({ip(address), 5s});
  return answer;
}

using Changes = std::vector<std::pair<DnsChange, std::string>>;
Changes changes(const std::vector<DnsFinding>& findings) {
  Changes result;
  for (const DnsFinding& finding : findings) result.emplace_back(finding.change, to_string(finding.address));
  return result;
}

TEST_CASE("DNS that gives just what is pinned is nothing to speak of in any order") {
  DnsSet set{std::set{ip("192.0.2.1"), ip("192.0.2.2")}};
  CHECK(set.add(given(0s, {"192.0.2.1", "192.0.2.2"})).empty());
  for (int i = 1; i < 50; ++i) CHECK(set.add(given(i * 1s, {"192.0.2.2", "192.0.2.1"})).empty());
}

TEST_CASE("what is pinned but not in DNS is told once for each server and family") {
  DnsSet set{std::set{ip("192.0.2.1"), ip("192.0.2.9"), ip("2001:db8::1")}};
  const auto findings = set.add(given(1s, {"192.0.2.1"}));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0] == DnsFinding{1s, DnsChange::not_in_dns, ip("192.0.2.9"), "here", "ns1"});
  CHECK(set.add(given(2s, {"192.0.2.1"})).empty());
  CHECK(changes(set.add(given(2s, {"192.0.2.1"}, "ns2"))) == Changes{{DnsChange::not_in_dns, "192.0.2.9"}});
  DnsAnswer v6 = given(2s, {});
  v6.family = Family::ipv6;
  CHECK(changes(set.add(v6)) == Changes{{DnsChange::not_in_dns, "2001:db8::1"}});
  // It comes after all.
  CHECK(changes(set.add(given(3s, {"192.0.2.9", "192.0.2.1"}))) ==
        Changes{{DnsChange::appeared, "192.0.2.9"}});
}

TEST_CASE("what DNS gives but no stream is pinned to is told once") {
  DnsSet set{std::set{ip("192.0.2.1")}};
  CHECK(changes(set.add(given(0s, {"192.0.2.1", "192.0.2.2"}))) ==
        Changes{{DnsChange::not_pinned, "192.0.2.2"}});
  CHECK(set.add(given(1s, {"192.0.2.1", "192.0.2.2"}, "ns2")).empty());
  CHECK(changes(set.add(given(2s, {"192.0.2.1", "192.0.2.2", "192.0.2.3"}))) ==
        Changes{{DnsChange::appeared, "192.0.2.3"}, {DnsChange::not_pinned, "192.0.2.3"}});
}

TEST_CASE("without pinned streams only changes and differences are told") {
  DnsSet set{std::nullopt};
  CHECK(set.add(given(0s, {"192.0.2.1"})).empty());
  CHECK(changes(set.add(given(1s, {"192.0.2.1", "192.0.2.2"}))) ==
        Changes{{DnsChange::appeared, "192.0.2.2"}});
}

TEST_CASE("an address is gone after three answers without it and its TTL and not before") {
  DnsSet set{std::set{ip("192.0.2.1"), ip("192.0.2.2")}};
  set.add(given(0s, {"192.0.2.1", "192.0.2.2"}));
  for (int i = 1; i <= 4; ++i) CHECK(set.add(given(i * 1s, {"192.0.2.1"})).empty());
  const auto findings = set.add(given(5s, {"192.0.2.1"}));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0] == DnsFinding{1s, DnsChange::disappeared, ip("192.0.2.2"), "here", "ns1"});
  CHECK(set.add(given(20s, {"192.0.2.1"})).empty());
  CHECK(changes(set.add(given(21s, {"192.0.2.2", "192.0.2.1"}))) ==
        Changes{{DnsChange::appeared, "192.0.2.2"}});

  // Two answers, however late, are not three.
  CHECK(set.add(given(60s, {"192.0.2.1"})).empty());
  CHECK(set.add(given(90s, {"192.0.2.1"})).empty());
}

TEST_CASE("a balancer that gives one of several addresses at a time takes none away") {
  DnsSet set{std::set{ip("192.0.2.1"), ip("192.0.2.2")}};
  set.add(given(0s, {"192.0.2.1"}));
  set.add(given(1s, {"192.0.2.2"}));
  for (int i = 2; i < 100; ++i)
    CHECK(set.add(given(i * 1s, {i % 2 == 0 ? "192.0.2.1" : "192.0.2.2"})).empty());
}

TEST_CASE("no such name takes everything away but a server that fails says nothing") {
  DnsSet set{std::set{ip("192.0.2.1")}};
  set.add(given(0s, {"192.0.2.1"}));
  DnsAnswer failed = given(10s, {});
  for (const DnsResult result : {DnsResult::timeout, DnsResult::servfail, DnsResult::refused,
                                 DnsResult::unreachable, DnsResult::error}) {
    failed.result = result;
    for (int i = 0; i < 5; ++i) CHECK(set.add(failed).empty());
  }
  failed.result = DnsResult::nxdomain;
  CHECK(set.add(failed).empty());
  CHECK(set.add(failed).empty());
  CHECK(changes(set.add(failed)) == Changes{{DnsChange::disappeared, "192.0.2.1"}});
}

TEST_CASE("servers that give different addresses are told apart once a cache cannot be why") {
  DnsSet set{std::nullopt};
  set.add(given(0s, {"192.0.2.1", "192.0.2.2"}, "authority"));
  for (int i = 1; i < 5; ++i) {
    CHECK(set.add(given(i * 1s, {"192.0.2.1"}, "cache")).empty());
    CHECK(set.add(given(i * 1s, {"192.0.2.1", "192.0.2.2"}, "authority")).empty());
  }
  CHECK(set.add(given(5s, {"192.0.2.1"}, "cache")).empty());
  CHECK(set.add(given(6s, {"192.0.2.1"}, "cache")).empty());
  const auto findings = set.add(given(7s, {"192.0.2.1"}, "cache"));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0] == DnsFinding{5s, DnsChange::not_here, ip("192.0.2.2"), "here", "cache"});
  CHECK(set.add(given(8s, {"192.0.2.1"}, "cache")).empty());
}

}  // namespace
}  // namespace meshdrill::probe
