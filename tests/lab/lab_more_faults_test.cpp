// The faults that make a mesh fail a drill, and what the lab does in the place of Pods in kube-system and of
// the ingress controller.
#include "lab/lab_fixture.hpp"

#include <chrono>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace meshdrill::lab;
using namespace meshdrill::lab::testing;

namespace {

const std::string a = "lab-001";
const std::string b = "lab-002";

Fault fault(std::string_view text) {
  return parse_fault(text).value();
}

// The Deployment of the lab's own that does `what`, at so many replicas.
boost::json::object controller(const std::string& ns, const std::string& name, int replicas,
                               const char* labels) {
  const std::string text = R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":")" + name +
                           R"(","namespace":")" + ns + R"("},"spec":{"replicas":)" +
                           std::to_string(replicas) + R"(,"selector":{"matchLabels":)" + labels +
                           R"(},"template":{"metadata":{"labels":)" + labels +
                           R"(},"spec":{"containers":[{"name":"main","image":"main:1"}]}}}})";
  return boost::json::parse(text).as_object();
}

// Asks until at least one of the answers is `wanted`.
bool comes(LabFixture& fixture, const std::string& cluster, const std::string& wanted) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (std::chrono::steady_clock::now() < deadline) {
    if (fixture.ask(cluster).contains(wanted)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("without the ingress controller's Pods nothing listens at the ingress address") {
  LabFixture fixture;
  const auto scale = [&](int replicas) {
    const char* labels =
        R"({"app.kubernetes.io/name":"ingress-nginx","app.kubernetes.io/component":"controller"})";
    REQUIRE(
        fixture.lab().apply(a, controller("ingress-nginx", "ingress-nginx-controller", replicas, labels)));
  };
  scale(0);
  CHECK(fixture.ask_until(a, seen({"refused"})) == seen({"refused"}));
  CHECK(fixture.ask(b, 5).count("refused") == 0);
  // The fault of that name and the missing Pods are two things: either is enough.
  REQUIRE(fixture.lab().set_fault(fault("ingress-down@lab-001")));
  REQUIRE(fixture.lab().clear_fault(FaultKind::ingress_down));
  CHECK(fixture.ask(a, 3) == std::map<std::string, int>{{"refused", 3}});
  scale(1);
  const auto both = seen({hello(a), hello(b)});
  CHECK(fixture.ask_until(a, both) == both);
}

TEST_CASE("without clustermesh-apiserver the others keep what they know") {
  // A Pod that is told to end is gone at once, so that the apiserver is when all has settled.
  LabFixture fixture([](LabOptions& options) { options.timings.pod_grace = {}; });
  const auto scale = [&](int replicas) {
    const char* labels = R"({"k8s-app":"clustermesh-apiserver","app.kubernetes.io/part-of":"cilium"})";
    REQUIRE(fixture.lab().apply(a, controller("kube-system", "clustermesh-apiserver", replicas, labels)));
    REQUIRE(fixture.lab().wait_ready(std::chrono::seconds{30}));
  };
  scale(0);
  fixture.apply(a, "Deployment",
                [](boost::json::object& deployment) { deployment.at("spec").as_object()["replicas"] = 0; });
  CHECK(fixture.ask_until(a, seen({hello(b)})) == seen({hello(b)}));  // a itself knows
  CHECK(comes(fixture, b, "502"));                                    // b is never told
  CHECK(fixture.ask_until(b, seen({hello(b), "502"})) == seen({hello(b), "502"}));
  scale(1);
  CHECK(fixture.ask_until(b, seen({hello(b)})) == seen({hello(b)}));
}

TEST_CASE("a Service that is not shared keeps its Pods to its cluster") {
  LabFixture fixture;
  fixture.annotate_service(a, {{"service.cilium.io/global", "true"}, {"service.cilium.io/shared", "false"}});
  CHECK(fixture.ask_until(b, seen({hello(b)})) == seen({hello(b)}));
  const auto both = seen({hello(a), hello(b)});
  CHECK(fixture.ask_until(a, both) == both);
}

TEST_CASE("a sticky balancer sends all to one backend, a skewed one most to its own") {
  LabFixture fixture;
  REQUIRE(fixture.lab().set_fault(fault("sticky-balancer@lab-001")));
  CHECK(fixture.ask(a, 40).size() == 1);
  const auto both = seen({hello(a), hello(b)});
  CHECK(fixture.ask_until(b, both) == both);
  REQUIRE(fixture.lab().clear_fault(FaultKind::sticky_balancer));
  REQUIRE(fixture.lab().set_fault(fault("skewed-balancer@lab-001")));
  const auto answers = fixture.ask(a, 400);
  // Of 400 with a chance of 0.9 each, fewer than 300 happen once in 10^18.
  CHECK(answers.at(hello(a)) > 300);
  REQUIRE(fixture.lab().clear_fault(FaultKind::skewed_balancer));
  CHECK(fixture.ask_until(a, both) == both);
}

TEST_CASE("Pods of little capacity answer 503 to what is too much") {
  LabFixture fixture;
  REQUIRE(fixture.lab().set_fault(fault("capacity=2")));
  CHECK(comes(fixture, a, "503"));
  REQUIRE(fixture.lab().clear_fault(FaultKind::capacity));
  const auto both = seen({hello(a), hello(b)});
  CHECK(fixture.ask_until(a, both) == both);
}

TEST_CASE("a flapping backend fails some requests until it is cleared") {
  LabFixture fixture;
  REQUIRE(fixture.lab().set_fault(fault("flapping-backend@lab-002")));
  CHECK(comes(fixture, b, "502"));
  CHECK(comes(fixture, b, hello(b)));
  CHECK(fixture.lab().ready_pods(b) == 1);
  REQUIRE(fixture.lab().clear_fault(FaultKind::flapping_backend));
  const auto both = seen({hello(a), hello(b)});
  CHECK(fixture.ask_until(b, both) == both);
}

TEST_CASE("slow Pods do not become Ready while it lasts") {
  LabFixture fixture;
  REQUIRE(fixture.lab().set_fault(fault("slow-pods=1h@lab-001")));
  fixture.apply(a, "Deployment",
                [](boost::json::object& deployment) { deployment.at("spec").as_object()["replicas"] = 2; });
  CHECK_FALSE(fixture.lab().wait_ready(std::chrono::milliseconds{300}));
  CHECK(fixture.lab().ready_pods(a) == 1);
  REQUIRE(fixture.lab().clear_fault(FaultKind::slow_pods));
  CHECK(fixture.lab().wait_ready(std::chrono::seconds{30}));
  CHECK(fixture.lab().ready_pods(a) == 2);
}

TEST_CASE("an owner that heals undoes a scaling") {
  LabFixture fixture;
  REQUIRE(fixture.lab().set_fault(fault("self-heal=10ms@lab-001")));
  fixture.apply(a, "Deployment",
                [](boost::json::object& deployment) { deployment.at("spec").as_object()["replicas"] = 0; });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  bool back = false;
  while (!back && std::chrono::steady_clock::now() < deadline) {
    back = fixture.lab().wait_ready(std::chrono::seconds{1}) && fixture.lab().ready_pods(a) == 1;
  }
  CHECK(back);
}
