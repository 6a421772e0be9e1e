// Who answers at a lab's ingress, for every combination of annotations that decides it.
#include "lab/lab_fixture.hpp"

#include <chrono>

#include <doctest/doctest.h>

using namespace meshdrill::lab;
using namespace meshdrill::lab::testing;
using boost::json::object;

namespace {

const std::string a = "lab-001";
const std::string b = "lab-002";

}  // namespace

TEST_CASE("the service-upstream of a global Service reaches the Pods of all clusters") {
  LabFixture fixture;
  CHECK(fixture.ask_until(a, seen({hello(a), hello(b)})) == seen({hello(a), hello(b)}));
  CHECK(fixture.ask_until(b, seen({hello(a), hello(b)})) == seen({hello(a), hello(b)}));
}

TEST_CASE("a Service that is not global at one end is local at both") {
  LabFixture fixture;
  SUBCASE("the asking end") {
    fixture.annotate_service(a, object{});
  }
  SUBCASE("the other end") {
    fixture.annotate_service(b, object{});
  }
  CHECK(fixture.ask_until(a, seen({hello(a)})) == seen({hello(a)}));
  CHECK(fixture.ask_until(b, seen({hello(b)})) == seen({hello(b)}));
}

TEST_CASE("a Service that is not shared still uses the backends of others") {
  LabFixture fixture;
  fixture.annotate_service(b, {{"service.cilium.io/global", "true"}, {"service.cilium.io/shared", "false"}});
  CHECK(fixture.ask_until(a, seen({hello(a)})) == seen({hello(a)}));
  CHECK(fixture.ask_until(b, seen({hello(a), hello(b)})) == seen({hello(a), hello(b)}));
}

TEST_CASE("affinity is all or nothing") {
  LabFixture fixture;
  SUBCASE("local") {
    fixture.annotate_service(a,
                             {{"service.cilium.io/global", "true"}, {"service.cilium.io/affinity", "local"}});
    CHECK(fixture.ask_until(a, seen({hello(a)})) == seen({hello(a)}));
    fixture.scale(a, 0);
    CHECK(fixture.ask_until(a, seen({hello(b)})) == seen({hello(b)}));
  }
  SUBCASE("remote") {
    fixture.annotate_service(
        a, {{"service.cilium.io/global", "true"}, {"service.cilium.io/affinity", "remote"}});
    CHECK(fixture.ask_until(a, seen({hello(b)})) == seen({hello(b)}));
    fixture.scale(b, 0);
    CHECK(fixture.ask_until(a, seen({hello(a)})) == seen({hello(a)}));
  }
}

TEST_CASE("without service-upstream only the local endpoints are dialled") {
  LabFixture fixture;
  fixture.dial_endpoints();
  CHECK(fixture.ask_until(a, seen({hello(a)})) == seen({hello(a)}));
  fixture.scale(a, 0);
  CHECK(fixture.ask_until(a, seen({"503"})) == seen({"503"}));
  CHECK(fixture.ask_until(b, seen({hello(b)})) == seen({hello(b)}));
}

TEST_CASE("synced EndpointSlices make remote Pods endpoints as well") {
  const object sync{{"service.cilium.io/global", "true"},
                    {"service.cilium.io/global-sync-endpoint-slices", "true"}};
  SUBCASE("when the clusters have the feature on") {
    LabFixture fixture([](LabOptions& options) { options.endpoint_slice_sync = true; });
    fixture.annotate_service(a, sync);
    fixture.dial_endpoints();
    CHECK(fixture.ask_until(a, seen({hello(a), hello(b)})) == seen({hello(a), hello(b)}));
    fixture.scale(a, 0);
    CHECK(fixture.ask_until(a, seen({hello(b)})) == seen({hello(b)}));
    CHECK(fixture.ask_until(b, seen({hello(b)})) == seen({hello(b)}));  // b's Service did not ask for it
  }
  SUBCASE("and not when they have not") {
    LabFixture fixture;
    fixture.annotate_service(a, sync);
    fixture.dial_endpoints();
    fixture.scale(a, 0);
    CHECK(fixture.ask_until(a, seen({"503"})) == seen({"503"}));
  }
}

TEST_CASE("no backend anywhere is a bad gateway with service-upstream") {
  LabFixture fixture;
  fixture.scale(a, 0);
  fixture.scale(b, 0);
  CHECK(fixture.ask_until(a, seen({"502"})) == seen({"502"}));
}

TEST_CASE("scaling a cluster to zero and back loses no request when Pods end gracefully") {
  LabFixture fixture([](LabOptions& options) {
    // Slow machines need time between the slices' news and the end of the Pod.
    options.timings.pod_grace = std::chrono::seconds(5);
  });
  fixture.scale(a, 0);
  auto answers = fixture.ask(a, 200);
  fixture.scale(a, 1);
  for (const auto& [answer, count] : fixture.ask(a, 200)) answers[answer] += count;
  CHECK(answers[hello(a)] + answers[hello(b)] == 400);
}

TEST_CASE("a kept client connection stays with its backend until that ends") {
  LabFixture fixture([](LabOptions& options) { options.timings.pod_grace = std::chrono::milliseconds(1); });
  fixture.annotate_service(a,
                           {{"service.cilium.io/global", "true"}, {"service.cilium.io/affinity", "local"}});
  REQUIRE(fixture.ask_until(a, seen({hello(a)})) == seen({hello(a)}));
  HttpConnection connection(fixture.ingress(a), fixture.port());
  for (int i = 0; i < 10; ++i) {
    const auto reply = connection.get(fixture.host());
    REQUIRE(reply);
    CHECK(reply->body == hello(a) + "\n");
  }
  fixture.scale(a, 0);
  // New connections go to b at once; the kept one does when the Pod has closed its connection to the ingress.
  std::string last;
  for (int i = 0; i < 3000 && last != hello(b) + "\n"; ++i) {
    const auto reply = connection.get(fixture.host());
    REQUIRE(reply);
    last = reply->body;
  }
  CHECK(last == hello(b) + "\n");
}

TEST_CASE("the ingress answers for itself where it must") {
  LabFixture fixture;
  HttpConnection connection(fixture.ingress(a), fixture.port());
  SUBCASE("404 for a host that no Ingress names") {
    const auto reply = connection.get("other.example");
    REQUIRE(reply);
    CHECK(reply->status == 404);
  }
  SUBCASE("a HEAD has the length and no body") {
    const auto reply = connection.get(fixture.host(), "/", "HEAD");
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(reply->head.find("Content-Length: 27") != std::string::npos);
    const auto next = connection.get(fixture.host());  // the connection is still in step
    REQUIRE(next);
    CHECK(next->body.size() == 27);
  }
  SUBCASE("400 for what is no HTTP") {
    const auto reply = connection.send("nonsense\r\n\r\n");
    REQUIRE(reply);
    CHECK(reply->status == 400);
    CHECK(connection.closed_by_server());
  }
  SUBCASE("413 for a body above the limit") {
    const auto reply =
        connection.send("POST / HTTP/1.1\r\nHost: " + fixture.host() + "\r\nContent-Length: 1048577\r\n\r\n");
    REQUIRE(reply);
    CHECK(reply->status == 413);
  }
  SUBCASE("the Pod's own refusals come through") {
    const auto reply = connection.get(fixture.host(), "/absent.html");
    REQUIRE(reply);
    CHECK(reply->status == 404);
    const auto posted = connection.get(fixture.host(), "/", "DELETE");
    REQUIRE(posted);
    CHECK(posted->status == 405);
  }
}

TEST_CASE("an IPv4-mapped address reaches the ingress") {
  LabFixture fixture;
  CHECK(tally("::ffff:" + fixture.ingress(a), fixture.port(), fixture.host(), 1).count("refused") == 0);
}

TEST_CASE("two labs run side by side") {
  LabFixture first;
  LabFixture second;
  CHECK(first.ingress(a) != second.ingress(a));
  CHECK(second.ask_until(a, seen({hello(a), hello(b)})) == seen({hello(a), hello(b)}));
}
