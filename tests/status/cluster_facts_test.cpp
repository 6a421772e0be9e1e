#include "status/cluster_facts.hpp"

#include "kube/support/run.hpp"
#include "kube/support/scripted_server.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::kube::test;
using namespace meshdrill::status;

namespace {

struct Api {
  asio::io_context io{1};
  ScriptedServer server{io, true};

  ClusterFacts read() {
    kube::Client client(io.get_executor(), server.connection());
    return run(io, read_cluster(client, "east", "kube-system"));
  }
};

Step none() {
  return refuse(404, "NotFound", "not found");
}

Step list(const std::string& items) {
  return answer(200, R"({"kind":"List","metadata":{"resourceVersion":"1"},"items":[)" + items + "]}");
}

}  // namespace

TEST_CASE("every read that is refused is told with the rule that would allow it") {
  Api api;
  for (int i = 0; i < 7; ++i) api.server.then(refuse(403, "Forbidden", "no"));
  const ClusterFacts facts = api.read();
  REQUIRE(facts.unread.size() == 7);
  CHECK(facts.unread[0].what == "Cilium's settings (ConfigMap cilium-config)");
  CHECK(facts.unread[0].rule == R"({apiGroups: [""], resources: [configmaps], verbs: [get]})");
  CHECK(facts.unread[1].rule == R"({apiGroups: ["apps"], resources: [daemonsets], verbs: [get]})");
  CHECK(facts.unread[3].rule == R"({apiGroups: ["cilium.io"], resources: [ciliumnodes], verbs: [list]})");
  CHECK(facts.unread[6].rule ==
        R"({apiGroups: ["networking.k8s.io"], resources: [ingresses], verbs: [list]})");
  for (const SeenRequest& seen : api.server.seen()) CHECK(seen.method == "GET");
}

TEST_CASE("what is not there is not missed") {
  Api api;
  for (int i = 0; i < 7; ++i) api.server.then(none());
  const ClusterFacts facts = api.read();
  CHECK(facts.unread.empty());
  CHECK(facts.config.empty());
  CHECK(facts.apiserver.type.empty());
}

TEST_CASE("an API that does not answer is asked once") {
  Api api;
  api.server.then(close_unanswered());
  api.server.then(close_unanswered());
  const ClusterFacts facts = api.read();
  REQUIRE(facts.unread.size() == 1);
  CHECK(facts.unread.front().rule.empty());
}

TEST_CASE("a cluster behind a load balancer is read whole") {
  Api api;
  api.server.then(answer(200, R"({"data":{"cluster-name":"east","cluster-id":"7","ipam":"cluster-pool"}})"));
  api.server.then(answer(200, R"({"spec":{"template":{"spec":{"containers":[{"name":"cilium-agent",
    "image":"registry.example.org:5000/cilium/cilium:v1.19.6"}]}}}})"));
  api.server.then(list(R"({"status":{"addresses":[{"type":"InternalIP","address":"192.0.2.7"},
    {"type":"ExternalIP","address":"203.0.113.7"}]}})"));
  api.server.then(list(R"({"spec":{"ipam":{"podCIDRs":["10.7.0.0/24"]}}})"));
  api.server.then(answer(200, R"({"spec":{"type":"LoadBalancer","ports":[{"port":2380}]},
    "status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.7"},{"hostname":"lb.example.org"}]}}})"));
  api.server.then(
      list(R"({"metadata":{"name":"api","namespace":"shop","annotations":{"service.cilium.io/global":"True",
    "service.cilium.io/affinity":"local"}},"spec":{"ports":[{"name":"http","port":80,"targetPort":"web"}],
    "selector":{"app":"api"}}},{"metadata":{"name":"own","namespace":"shop"},"spec":{}})"));
  api.server.then(list(
      R"({"metadata":{"namespace":"shop"},"spec":{"ingressClassName":"nginx","rules":[{"host":"a.example.org",
    "http":{"paths":[{"backend":{"service":{"name":"api"}}}]}}]},"status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.9"}]}}})"));
  const ClusterFacts facts = api.read();
  CHECK(facts.unread.empty());
  CHECK(facts.version == "1.19.6");
  REQUIRE(facts.nodes.size() == 1);
  CHECK(to_string(facts.nodes.front()) == "192.0.2.7");
  CHECK(facts.apiserver.type == "LoadBalancer");
  CHECK(facts.apiserver.port == 2380);
  REQUIRE(facts.apiserver.ips.size() == 1);
  CHECK(facts.apiserver.address.empty());
  REQUIRE(facts.services.size() == 1);
  CHECK(facts.services.front().affinity == "local");
  CHECK(facts.ingress_host == "a.example.org");
  CHECK(facts.ingress_service == "shop/api");
  REQUIRE(facts.ingress.size() == 1);
}
