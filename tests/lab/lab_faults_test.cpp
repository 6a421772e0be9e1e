// Each fault does what it says, and undoes it when it is cleared.
#include "lab/dns_query.hpp"
#include "lab/lab_fixture.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <doctest/doctest.h>

using namespace meshdrill::lab;
using namespace meshdrill::lab::testing;

namespace {

const std::string a = "lab-001";
const std::string b = "lab-002";

Fault fault(FaultKind kind, const std::string& cluster = {}, meshdrill::Duration value = {}) {
  return {kind, cluster, value};
}

}  // namespace

TEST_CASE("propagation-delay holds back what other clusters change") {
  LabFixture fixture;
  const auto both = seen({hello(a), hello(b)});
  REQUIRE(fixture.ask_until(a, both) == both);
  REQUIRE(fixture.lab().set_fault(fault(FaultKind::propagation_delay, a, std::chrono::hours(1))));
  // Not scale(), which would wait for the news to reach a.
  fixture.apply(b, "Deployment",
                [](boost::json::object& deployment) { deployment.at("spec").as_object()["replicas"] = 0; });
  CHECK(fixture.ask_until(b, seen({hello(a)})) == seen({hello(a)}));
  // a still sends to b's Pod, which soon refuses.
  CHECK(fixture.ask_until(a, seen({hello(a), "502"})) == seen({hello(a), "502"}));
}

TEST_CASE("stale-backends keeps traffic on Pods that are gone") {
  LabFixture fixture;
  REQUIRE(fixture.lab().set_fault(fault(FaultKind::stale_backends, a)));
  fixture.scale(b, 0);
  CHECK(fixture.ask_until(a, seen({hello(a), "502"})) == seen({hello(a), "502"}));
  CHECK(fixture.ask_until(b, seen({hello(a)})) == seen({hello(a)}));
  REQUIRE(fixture.lab().clear_fault(FaultKind::stale_backends));
  CHECK(fixture.ask_until(a, seen({hello(a)})) == seen({hello(a)}));
}

TEST_CASE("not-global makes Services local until it is cleared") {
  LabFixture fixture;
  REQUIRE(fixture.lab().set_fault(fault(FaultKind::not_global)));
  CHECK(fixture.ask_until(a, seen({hello(a)})) == seen({hello(a)}));
  fixture.change(a, "Service", [](boost::json::object&) {});  // applied again, and stripped again
  CHECK(fixture.ask_until(a, seen({hello(a)})) == seen({hello(a)}));
  REQUIRE(fixture.lab().clear_fault(FaultKind::not_global));
  const auto both = seen({hello(a), hello(b)});
  CHECK(fixture.ask_until(a, both) == both);
}

TEST_CASE("no-service-upstream leaves the ingress with local endpoints") {
  LabFixture fixture;
  fixture.scale(a, 0);
  REQUIRE(fixture.lab().set_fault(fault(FaultKind::no_service_upstream, a)));
  CHECK(fixture.ask_until(a, seen({"503"})) == seen({"503"}));
  CHECK(fixture.ask_until(b, seen({hello(b)})) == seen({hello(b)}));
  REQUIRE(fixture.lab().clear_fault(FaultKind::no_service_upstream, a));
  CHECK(fixture.ask_until(a, seen({hello(b)})) == seen({hello(b)}));
}

TEST_CASE("ingress-down refuses connections and ends those that are open") {
  LabFixture fixture;
  HttpConnection open(fixture.ingress(a), fixture.port());
  REQUIRE(open.get(fixture.host()));
  REQUIRE(fixture.lab().set_fault(fault(FaultKind::ingress_down, a)));
  CHECK(open.closed_by_server());
  CHECK(fixture.ask_until(a, seen({"refused"})) == seen({"refused"}));
  CHECK(fixture.ask(b, 5).count("refused") == 0);
  REQUIRE(fixture.lab().clear_fault(FaultKind::ingress_down, a));
  CHECK(fixture.ask(a, 5).count("refused") == 0);
  REQUIRE(fixture.lab().clear_fault(FaultKind::ingress_down, a));  // once more does nothing
}

TEST_CASE("missing-record leaves a cluster out of DNS") {
  LabFixture fixture;
  CHECK(query_udp(fixture.lab().dns_server(), fixture.host()).addresses.size() == 2);
  REQUIRE(fixture.lab().set_fault(fault(FaultKind::missing_record, a)));
  const DnsReply reply = query_udp(fixture.lab().dns_server(), fixture.host());
  CHECK(reply.addresses == std::vector<std::string>{fixture.ingress(b)});
  REQUIRE(fixture.lab().clear_fault(FaultKind::missing_record));
  CHECK(query_udp(fixture.lab().dns_server(), fixture.host()).addresses.size() == 2);
}

TEST_CASE("the list of faults says what is set and where") {
  LabFixture fixture([](LabOptions& options) { options.faults = {fault(FaultKind::api_500, b)}; });
  Lab& lab = fixture.lab();
  CHECK(lab.faults() == std::vector{fault(FaultKind::api_500, b)});
  REQUIRE(lab.set_fault(fault(FaultKind::missing_record)));
  CHECK(lab.faults() == std::vector{fault(FaultKind::missing_record, a), fault(FaultKind::missing_record, b),
                                    fault(FaultKind::api_500, b)});
  CHECK_FALSE(lab.set_fault(fault(FaultKind::api_429, "elsewhere")));
  CHECK_FALSE(lab.clear_fault(FaultKind::api_429, "elsewhere"));
  REQUIRE(lab.clear_fault(FaultKind::missing_record));
  REQUIRE(lab.clear_fault(FaultKind::api_500));
  CHECK(lab.faults().empty());
}

TEST_CASE("a lab stops whatever is under way") {
  LabFixture fixture([](LabOptions& options) { options.timings.pod_grace = std::chrono::hours(1); });
  HttpConnection open(fixture.ingress(a), fixture.port());
  REQUIRE(open.get(fixture.host()));
  REQUIRE(fixture.lab().set_fault(fault(FaultKind::propagation_delay, {}, std::chrono::hours(1))));
  for (const int replicas : {3, 0, 5}) {
    fixture.apply(b, "Deployment", [replicas](boost::json::object& deployment) {
      deployment.at("spec").as_object()["replicas"] = replicas;
    });
  }
  fixture.lab().stop();
  CHECK(open.closed_by_server());
  fixture.lab().stop();  // once more does nothing
}

TEST_CASE("a lab that cannot start says why and leaves nothing behind") {
  LabOptions options;
  options.mesh = default_mesh(2).value();
  SUBCASE("for a fault of a cluster that it has not") {
    options.faults = {fault(FaultKind::ingress_down, "elsewhere")};
  }
  SUBCASE("for want of an ingress") {
    options.mesh.ingress.reset();
  }
  Lab lab(options);
  const auto started = lab.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().message != "");
}

TEST_CASE("faults can be set from several threads while traffic runs") {
  LabFixture fixture;
  std::atomic<bool> done = false;
  std::thread setter([&] {
    for (int i = 0; i < 50; ++i) {
      static_cast<void>(fixture.lab().set_fault(fault(FaultKind::missing_record, a)));
      static_cast<void>(fixture.lab().set_fault(fault(FaultKind::stale_backends)));
      static_cast<void>(fixture.lab().clear_fault(FaultKind::stale_backends));
    }
    done = true;
  });
  int answered = 0;
  while (!done) answered += fixture.ask(a, 1).count("refused") == 0 ? 1 : 0;
  setter.join();
  CHECK(answered > 0);
  CHECK(fixture.lab().faults() == std::vector{fault(FaultKind::missing_record, a)});
}
