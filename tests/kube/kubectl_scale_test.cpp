// Holds our write of /scale against kubectl's: both are sent to one server that records what it is asked.
#include "kube/child_process.hpp"
#include "kube/json_fields.hpp"
#include "kube/scale.hpp"
#include "kube/support/kubeconfig_folder.hpp"
#include "kube/support/run.hpp"
#include "kube/support/scripted_server.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;

namespace {

constexpr const char* object_path_in_test = "/apis/apps/v1/namespaces/shop/deployments/api";

std::string scale(int replicas, const char* version) {
  return fmt::format(
      R"({{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{{"name":"api","namespace":"shop","uid":"u-1",
        "resourceVersion":"{}"}},"spec":{{"replicas":{}}},"status":{{"replicas":{},"selector":"app=api"}}}})",
      version, replicas, replicas);
}

// As much of an API as kubectl asks for before it scales.
Step serve(const SeenRequest& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (path == "/api") return answer(200, R"({"kind":"APIVersions","versions":["v1"]})");
  if (path == "/apis")
    return answer(200, R"({"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"apps",
      "versions":[{"groupVersion":"apps/v1","version":"v1"}],
      "preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}]})");
  if (path == "/api/v1")
    return answer(200, R"({"kind":"APIResourceList","groupVersion":"v1","resources":[]})");
  if (path == "/apis/apps/v1")
    return answer(200, R"({"kind":"APIResourceList","apiVersion":"v1","groupVersion":"apps/v1","resources":[
      {"name":"deployments","singularName":"deployment","namespaced":true,"kind":"Deployment","verbs":["get","update"]},
      {"name":"deployments/scale","singularName":"","namespaced":true,"group":"autoscaling","version":"v1",
       "kind":"Scale","verbs":["get","update"]}]})");
  if (path == object_path_in_test)
    return answer(200,
                  R"({"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"api","namespace":"shop",
      "uid":"u-1","resourceVersion":"7"},"spec":{"replicas":3}})");
  if (path == std::string(object_path_in_test) + "/scale")
    return request.method == "GET" ? answer(200, scale(3, "7")) : answer(200, scale(0, "8"));
  return refuse(404, "NotFound", "the server could not find the requested resource");
}

struct ScaleRequest {
  std::string path;
  std::string query;
  std::string content_type;
  json::value body;
};

// The one write among the requests since `first`.
ScaleRequest the_write(const ScriptedServer& server, std::size_t first) {
  std::vector<ScaleRequest> writes;
  for (std::size_t i = first; i < server.seen().size(); ++i) {
    const SeenRequest& request = server.seen()[i];
    if (request.method == "GET") continue;
    CHECK(request.method == "PUT");
    const auto mark = std::min(request.target.find('?'), request.target.size());
    writes.push_back(ScaleRequest{.path = request.target.substr(0, mark),
                                  .query = request.target.substr(mark),
                                  .content_type = request.content_type,
                                  .body = json::parse(request.body)});
  }
  REQUIRE(writes.size() == 1);
  return writes.front();
}

}  // namespace

TEST_CASE("we write a scale as kubectl does with a precondition") {
  const char* named = std::getenv("KUBECTL");
  asio::io_context io{1};
  ScriptedServer server(io, false);
  server.answer_by(serve);
  const KubeconfigFolder folder;
  ChildProcess kubectl;
  kubectl.program = named == nullptr ? "kubectl" : named;
  kubectl.arguments = {"--kubeconfig", folder.write("empty", ""),
                       "--server",     fmt::format("http://127.0.0.1:{}", server.connection().port),
                       "--namespace",  "shop",
                       "scale",        "deployment/api",
                       "--replicas=0", "--current-replicas=3"};
  kubectl.environment = {{"HOME", folder.path("")}};
  const auto done = run(io, run_child(io.get_executor(), kubectl));
  if (!done) {
    MESSAGE("SKIPPED: no kubectl to compare with: " << done.error().message);
    return;
  }
  REQUIRE(done->exit_code == 0);
  const ScaleRequest theirs = the_write(server, 0);
  const std::size_t first = server.seen().size();

  Client client(io.get_executor(), server.connection());
  ReplicasChange change;
  change.uid = "u-1";
  change.expected = 3;
  change.wanted = 0;
  const auto result = run(io, set_replicas(client, ObjectRef(deployments(), "shop", "api"), change));
  CHECK(result.outcome == ChangeOutcome::written);
  const ScaleRequest ours = the_write(server, first);

  CHECK(ours.path == theirs.path);
  CHECK(ours.query == theirs.query);
  CHECK(ours.content_type == "application/json");  // kubectl sends none
  for (const char* field : {"/apiVersion", "/kind", "/metadata/name", "/metadata/namespace", "/metadata/uid",
                            "/metadata/resourceVersion"}) {
    CAPTURE(field);
    CHECK(text_field(ours.body, field) == text_field(theirs.body, field));
  }
  // kubectl leaves a zero out.
  CHECK(count_field(ours.body, "/spec/replicas") == count_field(theirs.body, "/spec/replicas"));
}
