#include "status/checks.hpp"

#include "status/live.hpp"
#include "status/text.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::status;
using namespace meshdrill::status::test;

namespace {

std::vector<IpAddress> ips(std::initializer_list<const char*> texts) {
  std::vector<IpAddress> addresses;
  for (const char* text : texts) addresses.push_back(parse_ip(text).value());
  return addresses;
}

DnsView view(const char* by, std::initializer_list<const char*> addresses) {
  return {"api.example.org", by, true, ips(addresses), ""};
}

}  // namespace

// What the lab cannot be put into; tests/e2e/status_test.py has the other checks.

TEST_CASE("a healthy mesh has no findings") {
  const LiveMesh mesh = healthy_mesh();
  CHECK(rules_found(mesh) == "");
  CHECK(outcome_of(check_mesh(mesh)) == Outcome::healthy);
  CHECK(summary(mesh, {}) == "Healthy: 2 clusters.");
}

TEST_CASE("DNS is held against the ingresses, and resolvers against each other") {
  LiveMesh mesh = healthy_mesh();
  mesh.dns = {view("the name's own servers", {"198.51.100.2", "198.51.100.1"}),
              view("the system's resolver", {"198.51.100.1", "198.51.100.2"})};
  CHECK(rules_found(mesh) == "");
  mesh.dns[1] = view("the system's resolver", {"198.51.100.1"});
  CHECK(rules_found(mesh) == "resolver-differs");
  mesh.dns.resize(1);
  mesh.dns[0] = view("the name's own servers", {"198.51.100.1", "198.51.100.9"});
  CHECK(rules_found(mesh) == "dns-record-extra dns-record-missing");
  // A load balancer known by its name has addresses that only DNS knows.
  for (LiveCluster& cluster : mesh.clusters) cluster.ingresses.front().addresses = {"lb.example.org"};
  CHECK(rules_found(mesh) == "");
}

TEST_CASE("records are not called wrong while a cluster could not be asked for its ingress") {
  LiveMesh mesh = healthy_mesh();
  mesh.dns = {view("the name's own servers", {"198.51.100.1", "198.51.100.2"})};
  const std::string context = mesh.clusters[1].context;
  mesh.clusters[1] = {};
  mesh.clusters[1].context = context;
  CHECK(rules_found(mesh) == "cluster-unreachable");
  CHECK(outcome_of(check_mesh(mesh)) == Outcome::unknown);
}

TEST_CASE("what was not read is not missing") {
  LiveMesh mesh = healthy_mesh();
  LiveCluster& south = mesh.clusters[1];
  south.apiserver = {};
  south.agents = {};
  south.cilium_operator = {};
  south.services.clear();
  south.ingresses.clear();
  south.ingress_controllers.clear();
  for (const char* what : {"the agents (DaemonSet cilium)", "the operator (Deployment cilium-operator)",
                           "the Deployment clustermesh-apiserver", "the Services", "the Ingresses"}) {
    south.unread.push_back({what, "forbidden", "{}"});
  }
  CHECK(rules_found(mesh) == "not-readable not-readable not-readable not-readable not-readable");
}

TEST_CASE("no endpoint anywhere is certain only when every cluster was read") {
  LiveMesh mesh = healthy_mesh();
  for (LiveCluster& cluster : mesh.clusters) cluster.services.front().ready = 0;
  REQUIRE(rules_found(mesh) == "endpoints-none");
  CHECK(check_mesh(mesh).front().level == Level::error);
  mesh.clusters[1].unread.push_back({"the Services", "forbidden", ""});
  mesh.clusters[1].services.clear();
  const auto findings = check_mesh(mesh);
  CHECK(outcome_of(findings) == Outcome::unknown);
}

TEST_CASE("a load balancer without an address, and one that peers reach by name") {
  LiveMesh mesh = healthy_mesh();
  mesh.clusters[1].apiserver_service = {true, "LoadBalancer", 2379, 0, {}};
  CHECK(rules_found(mesh) == "apiserver-address");
  mesh.clusters[1].apiserver_service.type = "ClusterIP";
  CHECK(check_mesh(mesh).front().level == Level::warning);
  mesh.clusters[1].apiserver_service = {true, "LoadBalancer", 2379, 0, {"192.0.2.77"}};
  mesh.clusters[0].host_aliases["south.mesh.cilium.io"] = {"192.0.2.77"};
  CHECK(rules_found(mesh) == "");
}

TEST_CASE("one lost peer is one finding, with the lowest rung and who stands on it") {
  LiveMesh mesh = healthy_mesh();
  mesh.clusters[0].reports[0].rung = Rung::syncing;
  mesh.clusters[0].reports[1].rung = Rung::not_connected;
  mesh.clusters[0].reports[1].detail = "deadline exceeded";
  const auto findings = check_mesh(mesh);
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().what ==
        "south is not connected, by 1 of 1 agent and kvstoremesh: deadline exceeded");
  CHECK(findings.front().cluster == "north");
}

TEST_CASE("text shows each cluster's rungs, and what is unknown as such") {
  LiveMesh mesh = healthy_mesh();
  mesh.clusters[1].unread.push_back(
      {"the peers and certificates (Secrets)", "south: GET: HTTP 403", "{rule}"});
  const std::string text = render_text(mesh, check_mesh(mesh), false);
  CHECK(text.find(
            "north  Cilium 1.18.0, Kubernetes v1.32.4\n  ok       settings      ID 1 of 255, tunnel vxlan") !=
        std::string::npos);
  CHECK(text.find("  unknown  certificates") != std::string::npos);
  CHECK(text.find("  Do:  This rule would allow it: {rule}") != std::string::npos);
  CHECK(text.find('\033') == std::string::npos);
  CHECK(render_text(mesh, {}, true).find("\033[32mok") != std::string::npos);
}

TEST_CASE("a server's words cannot drive the terminal") {
  LiveMesh mesh = healthy_mesh();
  mesh.clusters[0].unread.push_back({"the Nodes", "\033[2J", ""});
  mesh.clusters[0].services.front().affinity = "\033]0;x";
  CHECK(render_text(mesh, check_mesh(mesh), false).find('\033') == std::string::npos);
}
