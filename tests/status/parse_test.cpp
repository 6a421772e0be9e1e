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
  CHECK(views[0].service_upstream);
  CHECK(views[0].addresses == std::vector<std::string>{"lb.org"});
}
