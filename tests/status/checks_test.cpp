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
  for (LiveCluster& cluster : mesh.clusters) cluster.ways_in.front().addresses = {"lb.example.org"};
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
  south.ways_in.clear();
  south.controllers.clear();
  for (const char* what : {"the agents (DaemonSet cilium)", "the operator (Deployment cilium-operator)",
                           "the Deployment clustermesh-apiserver", "the Services", "the Ingresses"}) {
    south.unread.push_back({what, "forbidden", "{}"});
  }
  CHECK(rules_found(mesh) == "not-readable not-readable not-readable not-readable not-readable");
}

TEST_CASE("each ingress controller is told to ask ClusterIPs in its own way") {
  LiveMesh mesh = healthy_mesh();
  LiveCluster& south = mesh.clusters[1];
  const auto served_by = [&](const char* controller, const char* app) {
    south.ingress_classes["nginx"] = controller;
    south.controllers = {{app, {1, 1, true}}};
    south.ways_in.front().marks.clear();
    south.services.front().marks.clear();
  };
  served_by("nginx.org/ingress-controller", "nginx-ingress");
  CHECK(rules_found(mesh) == "upstream-local-only");
  south.ways_in.front().marks = {"nginx.org/use-cluster-ip"};
  CHECK(rules_found(mesh) == "");
  served_by("traefik.io/ingress-controller", "traefik");
  CHECK(check_mesh(mesh).front().cure ==
        "Annotate Service default/api with traefik.ingress.kubernetes.io/service.nativelb: \"true\".");
  south.services.front().marks = {"traefik.ingress.kubernetes.io/service.nativelb"};
  CHECK(rules_found(mesh) == "");
  served_by("projectcontour.io/contour/contour", "contour");
  CHECK(check_mesh(mesh).front().level == Level::warning);
  south.services.front().sync_slices = true;
  south.config["clustermesh-enable-endpoint-sync"] = "true";
  south.services.front().synced["north"] = 2;
  CHECK(rules_found(mesh) == "");
  // Of one that is not known, neither its Pods nor its habits.
  served_by("ingress.k8s.aws/alb", "aws-load-balancer-controller");
  CHECK(rules_found(mesh) == "controller-unknown");
  CHECK(check_mesh(mesh).front().level == Level::note);
}

TEST_CASE("Cilium's own ingress runs in the agents, or in Envoys of its own") {
  LiveMesh mesh = healthy_mesh();
  LiveCluster& south = mesh.clusters[1];
  south.ingress_classes["nginx"] = "cilium.io/ingress-controller";
  south.controllers.clear();
  south.ways_in.front().marks.clear();
  CHECK(rules_found(mesh) == "ingress-controller");
  south.config["enable-ingress-controller"] = "true";
  CHECK(rules_found(mesh) == "");
  south.config["external-envoy-proxy"] = "true";
  south.envoy = {true, 3, 2};
  CHECK(rules_found(mesh) == "ingress-controller");
  CHECK(check_mesh(mesh).front().what == "2 of 3 Pods of DaemonSet cilium-envoy are ready");
  south.envoy.ready = 3;
  CHECK(rules_found(mesh) == "");
}

TEST_CASE("an HTTPRoute to a ServiceImport is a way in as good as an Ingress") {
  LiveMesh mesh = healthy_mesh();
  for (LiveCluster& cluster : mesh.clusters) {
    cluster.services.clear();
    cluster.config["clustermesh-enable-mcs-api"] = cluster.config["enable-gateway-api"] = "true";
    cluster.exports = cluster.imports = {{"default/api", "", ""}};
    cluster.gateway_classes["cilium"] = "io.cilium/gateway-controller";
    WayIn& way = cluster.ways_in.front();
    way.gateway = "default/web";
    way.class_name = "cilium";
    way.imported = true;
  }
  mesh.dns = {view("the name's own servers", {"198.51.100.1"})};
  CHECK(rules_found(mesh) == "dns-record-missing");
  mesh.dns.clear();
  mesh.clusters[1].ways_in.front().addresses.clear();
  CHECK(check_mesh(mesh).front().what == "Gateway default/web has no address");
  mesh.clusters[1].ways_in.front().refusal = "ResolvedRefs: no such backend";
  CHECK(rules_found(mesh) == "route-refused");
  mesh.clusters[1].config["enable-gateway-api"] = "false";
  CHECK(rules_found(mesh) == "route-refused ingress-controller");
  mesh.clusters[1].ways_in.clear();
  CHECK(rules_found(mesh) == "ingress-differs");
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
