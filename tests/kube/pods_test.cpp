// Pods, and deleting exactly the one that was seen.
#include "kube/pods.hpp"

#include "kube/support/api.hpp"
#include "kube/workloads.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;
using Outcome = PodDeleted::Outcome;

namespace {

std::string pod(const std::string& uid, bool deleting = false) {
  return fmt::format(R"({{"metadata":{{"name":"api-1","namespace":"shop","uid":"{}"{}}}}})", uid,
                     deleting ? R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")" : "");
}

PodDeleted remove(Api& api) {
  PodDeletion deletion;
  deletion.namespace_name = "shop";
  deletion.name = "api-1";
  deletion.uid = "p-1";
  deletion.grace_seconds = 0;
  return run(api.io, delete_pod(api.client, deletion));
}

}  // namespace

TEST_CASE("a Pod is read with its controller and whether it is ready") {
  Api api;
  api.server.then(answer(200, R"({"items":[{"metadata":{"name":"api-1","namespace":"shop","uid":"p-1",
      "labels":{"app":"api"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"api-5f",
      "uid":"r-1","controller":true}]},"spec":{"nodeName":"n1"},"status":{"phase":"Running",
      "conditions":[{"type":"PodScheduled","status":"True"},{"type":"Ready","status":"True"}]}},
      {"metadata":{"name":"lone","deletionTimestamp":"2026-01-01T00:00:00Z"}}]})"));
  const auto pods = run(api.io, list_pods(api.client, "shop", "app=api"));
  REQUIRE(pods.has_value());
  REQUIRE(pods->size() == 2);
  CHECK(api.server.seen().at(0).target == "/api/v1/namespaces/shop/pods?limit=500&labelSelector=app%3Dapi");
  const Pod& first = pods->at(0);
  CHECK(first.ready);
  CHECK(first.node == "n1");
  CHECK_FALSE(first.deleting);
  REQUIRE(first.controller.has_value());
  CHECK(to_string(*first.controller) == "ReplicaSet api-5f");
  CHECK_FALSE(pods->at(1).ready);
  CHECK(pods->at(1).deleting);
  CHECK_FALSE(pods->at(1).controller.has_value());
}

TEST_CASE("only the Pod that was seen is deleted") {
  Api api;
  api.server.then(answer(200, pod("p-1")));
  api.server.then(answer(200, pod("p-1", true)));
  CHECK(remove(api).outcome == Outcome::deleted);
  CHECK(api.server.seen().at(1).method == "DELETE");
  CHECK(api.server.seen().at(1).target == "/api/v1/namespaces/shop/pods/api-1");
  CHECK(api.sent(1).at_pointer("/preconditions/uid") == "p-1");
  CHECK(api.sent(1).at("gracePeriodSeconds") == 0);

  api.server.then(answer(200, pod("p-2")));
  CHECK(remove(api).outcome == Outcome::gone);
  api.server.then(answer(200, pod("p-1", true)));
  CHECK(remove(api).outcome == Outcome::gone);
  api.server.then(refuse(404, "NotFound", "pods \"api-1\" not found"));
  CHECK(remove(api).outcome == Outcome::gone);
  CHECK(api.verbs() == "GET DELETE GET GET GET");
}

TEST_CASE("a trial of a deletion says so in its body because the API passes over the query then") {
  Api api;
  api.server.then(answer(200, pod("p-1")));
  api.server.then(answer(200, pod("p-1")));
  PodDeletion deletion;
  deletion.namespace_name = "shop";
  deletion.name = "api-1";
  deletion.uid = "p-1";
  deletion.dry_run = true;
  CHECK(run(api.io, delete_pod(api.client, deletion)).outcome == Outcome::deleted);
  CHECK(api.sent(1).at("dryRun") == json::parse(R"(["All"])"));
}

TEST_CASE("a deletion whose answer is lost is settled by reading") {
  Api api;
  api.server.then(answer(200, pod("p-1")));
  api.server.then(close_unanswered());
  api.server.then(answer(200, pod("p-2")));
  CHECK(remove(api).outcome == Outcome::deleted);
  api.server.then(answer(200, pod("p-1")));
  api.server.then(refuse(403, "Forbidden", "pods \"api-1\" is forbidden"));
  CHECK(remove(api).outcome == Outcome::failed);
}

TEST_CASE("Pods that no known workload made are told apart") {
  const auto made = [](const char* kind, const char* uid, const char* app) {
    Pod pod;
    pod.namespace_name = "shop";
    pod.name = uid;
    pod.labels = {{"app", app}};
    pod.controller = Controller{.kind = kind, .name = "x", .uid = uid};
    return pod;
  };
  Workload deployment = parse_workload(
      WorkloadKind::deployment,
      json::parse(R"({"metadata":{"name":"api","namespace":"shop","uid":"d-1"},"spec":{"selector":
        {"matchExpressions":[{"key":"app","operator":"In","values":["api","api2"]}]}}})"));
  Workload set = parse_workload(WorkloadKind::stateful_set,
                                json::parse(R"({"metadata":{"name":"db","namespace":"shop","uid":"s-1"}})"));
  Pod lone;
  lone.namespace_name = "shop";
  lone.name = "lone";
  lone.labels = {{"app", "api"}};
  const auto others =
      pods_of_others({made("ReplicaSet", "r-1", "api"), made("StatefulSet", "s-1", "db"),
                      made("StatefulSet", "s-2", "db"), made("ReplicaSet", "r-2", "web"), lone},
                     {deployment, set});
  REQUIRE(others.size() == 3);
  CHECK(others[0].name == "s-2");
  CHECK(others[1].name == "r-2");
  CHECK(others[2].name == "lone");
}
