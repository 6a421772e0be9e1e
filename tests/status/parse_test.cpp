#include "status/parse.hpp"

#include "base/base64.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::status;

namespace {

PeerReport report_of(const std::string& remote) {
  LiveCluster cluster;
  const Observer agent{Observer::Kind::agent, "cilium-1", "node", true, "", false};
  REQUIRE(parse_reports(agent, R"({"cluster-mesh":{"clusters":[)" + remote + "]}}", cluster));
  REQUIRE(cluster.reports.size() == 1);
  return cluster.reports.front();
}

std::vector<PeerEntry> peers_of(const std::string& name, const std::string& text) {
  const std::string secret = R"({"data":{")" + name + R"(":")" + encode_base64(text) + R"("}})";
  return parse_peers(boost::json::parse(secret));
}

}  // namespace

TEST_CASE("the ladder of a peer, as Go leaves out what is false") {
  CHECK(report_of(R"({"name":"b","status":"x"})").rung == Rung::not_connected);
  CHECK(report_of(R"({"name":"b","status":"x"})").detail == "x");
  CHECK(report_of(R"({"name":"b","connected":true})").rung == Rung::config_unknown);
  CHECK(report_of(R"({"name":"b","connected":true,"config":{"required":true}})").rung ==
        Rung::config_missing);
  CHECK(report_of(R"({"name":"b","connected":true,"config":{"required":true,"retrieved":true}})").rung ==
        Rung::sync_unknown);
  const std::string config = R"("connected":true,"config":{"required":true,"retrieved":true})";
  const PeerReport syncing = report_of(
      R"({"name":"b",)" + config + R"(,"synced":{"nodes":true,"services":true,"service-exports":false}})");
  CHECK(syncing.rung == Rung::syncing);
  CHECK(syncing.detail == "endpoints, identities and service-exports");
  const std::string synced = R"(,"synced":{"nodes":true,"endpoints":true,"identities":true,"services":true})";
  CHECK(report_of(R"({"name":"b",)" + config + synced + "}").rung == Rung::not_ready);
  CHECK(report_of(R"({"name":"b",)" + config + synced + R"(,"ready":true})").rung == Rung::ready);
}

TEST_CASE("kvstoremesh answers with a list, and what is no answer is refused") {
  LiveCluster cluster;
  const Observer mesh{Observer::Kind::kvstoremesh, "mesh-1", "", true, "", false};
  CHECK(parse_reports(mesh, R"([{"name":"b"}])", cluster));
  CHECK(cluster.reports.size() == 1);
  CHECK_FALSE(parse_reports(mesh, "Error: no such file", cluster));
  CHECK_FALSE(parse_reports({}, "[]", cluster));
  // A peer that is configured and not spoken of is unknown to the observer.
  cluster.remote_peers = {{"b", "", 0, ""}, {"c", "", 0, ""}};
  add_unknown_peers(mesh, cluster);
  REQUIRE(cluster.reports.size() == 2);
  CHECK(cluster.reports[1].peer == "c");
  CHECK(cluster.reports[1].rung == Rung::unknown);
}

TEST_CASE("metrics say ready or not, with and without older labels") {
  LiveCluster cluster;
  const Observer agent{Observer::Kind::agent, "cilium-1", "", true, "", false};
  CHECK(parse_metrics(agent,
                      "# HELP x y\ncilium_clustermesh_remote_cluster_readiness_status{source_cluster=\"a\","
                      "source_node_name=\"n\",target_cluster=\"b\"} 1\n"
                      "cilium_clustermesh_remote_cluster_readiness_status{target_cluster=\"c\"} 0\n",
                      cluster));
  REQUIRE(cluster.reports.size() == 2);
  CHECK(cluster.reports[0].rung == Rung::ready);
  CHECK(cluster.reports[1].rung == Rung::not_ready);
  CHECK(cluster.reports[1].from_metrics);
  CHECK_FALSE(parse_metrics(agent, "go_goroutines 5\n", cluster));
}

TEST_CASE("peers as the chart writes them, and as it should not") {
  const auto good = peers_of("north", "endpoints:\n- https://north.mesh.cilium.io:32379\ncert-file: /x\n");
  REQUIRE(good.size() == 1);
  CHECK(good[0].host == "north.mesh.cilium.io");
  CHECK(good[0].port == 32379);
  CHECK(peers_of("n", "endpoints:\n- https://[2001:db8::1]:2379\n")[0].host == "2001:db8::1");
  CHECK(peers_of("n", "endpoints:\n- https://n.mesh.cilium.io:\n")[0].port == 0);
  CHECK(peers_of("n", "endpoints: [\n")[0].host.empty());
  // Certificates stand in the same Secret.
  CHECK(peers_of("n.etcd-client.crt", "-----BEGIN CERTIFICATE-----").empty());
}

TEST_CASE("versions of images") {
  CHECK(version_of("quay.io/cilium/cilium:v1.18.0@sha256:00") == "1.18.0");
  CHECK(version_of("registry:5000/cilium/cilium").empty());
}

TEST_CASE("one view for each host and Service of an Ingress") {
  const auto ingress = boost::json::parse(R"({"metadata":{"namespace":"shop","name":"web",
    "annotations":{"nginx.ingress.kubernetes.io/service-upstream":"True"}},"spec":{"ingressClassName":"nginx","rules":[
    {"host":"a.org","http":{"paths":[{"backend":{"service":{"name":"api"}}},{"backend":{"service":{"name":"api"}}},
    {"backend":{"service":{"name":"web"}}}]}}]},"status":{"loadBalancer":{"ingress":[{"hostname":"lb.org"}]}}})");
  const auto views = parse_ingress(ingress);
  REQUIRE(views.size() == 2);
  CHECK(views[0].service == "shop/api");
  CHECK(views[1].service == "shop/web");
  CHECK(views[0].marks == std::set<std::string>{"nginx.ingress.kubernetes.io/service-upstream"});
  CHECK(views[0].addresses == std::vector<std::string>{"lb.org"});
}

namespace {

const char* const gateway =
    R"({"metadata":{"namespace":"shop","name":"web"},"spec":{"gatewayClassName":"cilium",
  "listeners":[{"hostname":"*.shop.org"},{"hostname":"*.shop.org"}]},"status":{"addresses":[{"value":"192.0.2.1"}],
  "conditions":[{"type":"Programmed","status":"True"}]}})";

std::string route(const std::string& spec, const std::string& conditions) {
  return R"({"metadata":{"namespace":"shop","name":"api"},"spec":{"parentRefs":[{"name":"web"}],)" + spec +
         R"(},"status":{"parents":[{"parentRef":{"name":"web"},"conditions":[)" + conditions + "]}]}}";
}

std::vector<WayIn> ways_of(const std::string& route_text, const std::string& gateway_text = gateway) {
  const auto through = parse_gateway(boost::json::parse(gateway_text));
  const auto along = parse_route(boost::json::parse(route_text));
  return ways_through({through}, {along});
}

const std::string to_service =
    R"("hostnames":["api.shop.org"],"rules":[{"backendRefs":[{"name":"api","port":80}]}])";

}  // namespace

TEST_CASE("an HTTPRoute leads its hosts, or those of its Gateway, to Services and ServiceImports") {
  const auto ways = ways_of(route(to_service, R"({"type":"Accepted","status":"True"})"));
  REQUIRE(ways.size() == 1);
  CHECK(ways[0].gateway == "shop/web");
  CHECK(ways[0].class_name == "cilium");
  CHECK(ways[0].host == "api.shop.org");
  CHECK(ways[0].service == "shop/api");
  CHECK_FALSE(ways[0].imported);
  CHECK(ways[0].addresses == std::vector<std::string>{"192.0.2.1"});
  CHECK(ways[0].refusal.empty());
  const auto imported = ways_of(route(
      R"("rules":[{"backendRefs":[{"group":"multicluster.x-k8s.io","kind":"ServiceImport","namespace":"n","name":"s"},
         {"group":"example.org","kind":"Bucket","name":"b"}]}])",
      R"({"type":"Accepted","status":"True"})"));
  REQUIRE(imported.size() == 1);
  CHECK(imported[0].imported);
  CHECK(imported[0].service == "n/s");
  CHECK(imported[0].host == "*.shop.org");
}

TEST_CASE("why an HTTPRoute is not followed") {
  const std::string unresolved =
      R"({"type":"Accepted","status":"True"},{"type":"ResolvedRefs","status":"False","reason":"BackendNotFound"})";
  CHECK(ways_of(route(to_service, unresolved))[0].refusal == "ResolvedRefs: BackendNotFound");
  const std::string elsewhere =
      R"({"metadata":{"namespace":"shop","name":"api"},"spec":{"parentRefs":[{"name":"none"}],)" +
      to_service + "}}";
  CHECK(ways_of(elsewhere)[0].refusal == "there is no Gateway shop/none");
  const std::string silent =
      R"({"metadata":{"namespace":"shop","name":"api"},"spec":{"parentRefs":[{"name":"web"}],)" + to_service +
      "}}";
  CHECK(ways_of(silent)[0].refusal == "no controller has accepted it");
  const std::string down = R"({"metadata":{"namespace":"shop","name":"web"},"status":{"conditions":[
      {"type":"Programmed","status":"False","message":"no address left"}]}})";
  CHECK(ways_of(route(to_service, R"({"type":"Accepted","status":"True"})"), down)[0].refusal ==
        "Gateway shop/web: Programmed: no address left");
}

TEST_CASE("the Pods of controllers, without their helpers") {
  const auto pod = [](const std::string& component) {
    return boost::json::parse(R"({"metadata":{"labels":{"app.kubernetes.io/name":"ingress-nginx",
      "app.kubernetes.io/component":")" +
                              component + R"("}},"spec":{"hostNetwork":true},
      "status":{"conditions":[{"type":"Ready","status":"True"}]}})");
  };
  const auto [app, view] = parse_controller_pod(pod("controller"));
  CHECK(app == "ingress-nginx");
  CHECK((view.ready == 1 && view.total == 1 && view.host_network));
  CHECK(parse_controller_pod(pod("admission-webhook")).first.empty());
  CHECK(parse_controller_pod(pod("default-backend")).first.empty());
}
