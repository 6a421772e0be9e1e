// The typed helpers: what they ask of the API, and what they make of its objects.
#include "kube/access.hpp"
#include "kube/apply.hpp"
#include "kube/endpoints.hpp"
#include "kube/events.hpp"
#include "kube/identity.hpp"
#include "kube/lease.hpp"
#include "kube/support/api.hpp"
#include "kube/workloads.hpp"

#include <string>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;

namespace {

constexpr const char* deployment_json = R"({
  "metadata": {"name": "api", "namespace": "shop", "uid": "u-1", "resourceVersion": "12", "generation": 4,
    "labels": {"app": "api"}, "annotations": {"note": "x"},
    "managedFields": [
      {"manager": "helm", "operation": "Apply", "time": "2026-01-01T00:00:00Z",
       "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {}}}},
      {"manager": "kubectl", "operation": "Update", "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
      {"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {"f:status": {"f:replicas": {}}}}]},
  "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "api"}},
    "template": {"metadata": {"labels": {"app": "api", "tier": "web"}}}},
  "status": {"observedGeneration": 4, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3}})";

}  // namespace

TEST_CASE("a Deployment is read with who manages its replicas") {
  const Workload deployment = parse_workload(WorkloadKind::deployment, json::parse(deployment_json));
  CHECK(deployment.uid == "u-1");
  CHECK(deployment.resource_version == "12");
  CHECK(deployment.replicas == 3);
  CHECK(deployment.labels == Labels{{"app", "api"}});
  CHECK(deployment.annotations == Labels{{"note", "x"}});
  CHECK(deployment.pod_labels == Labels{{"app", "api"}, {"tier", "web"}});
  REQUIRE(deployment.replicas_managers.size() == 2);
  CHECK(deployment.replicas_managers[0].manager == "helm");
  CHECK(deployment.replicas_managers[0].operation == "Apply");
  CHECK(deployment.replicas_managers[1].subresource == "scale");
  CHECK(deployment.managed_fields.size() == 3);
  CHECK(deployment.rolled_out());
}

TEST_CASE("absent replicas of a Deployment are one and of its status none") {
  const Workload deployment =
      parse_workload(WorkloadKind::deployment, json::parse(R"({"metadata":{"generation":1},"spec":{}})"));
  CHECK(deployment.replicas == 1);
  CHECK(deployment.ready_replicas == 0);
  CHECK_FALSE(deployment.rolled_out());
  const Workload none = parse_workload(
      WorkloadKind::deployment,
      json::parse(
          R"({"metadata":{"generation":2},"spec":{"replicas":0},"status":{"observedGeneration":1}})"));
  CHECK(none.replicas == 0);
  CHECK_FALSE(none.rolled_out());
}

TEST_CASE("values of the wrong type are taken as absent") {
  const Workload deployment = parse_workload(
      WorkloadKind::deployment,
      json::parse(
          R"({"metadata":{"name":7,"labels":["a"],"managedFields":{}},"spec":{"replicas":"3"},"status":null})"));
  CHECK(deployment.name.empty());
  CHECK(deployment.labels.empty());
  CHECK(deployment.replicas == 1);
  CHECK(parse_workload(WorkloadKind::deployment, json::value()).uid.empty());
}

TEST_CASE("the Deployments behind a Service are those whose Pods it selects") {
  Api api;
  api.server.then(answer(200, R"({"items":[
    {"metadata":{"name":"web-b"},"spec":{"replicas":0,"template":{"metadata":{"labels":{"app":"api","v":"b"}}}}},
    {"metadata":{"name":"other","labels":{"app":"api"}},"spec":{"template":{"metadata":{"labels":{"app":"db"}}}}},
    {"metadata":{"name":"web-a"},"spec":{"template":{"metadata":{"labels":{"app":"api","v":"a"}}}}}]})"));
  for (int other_kinds = 0; other_kinds < 2; ++other_kinds) api.server.then(answer(200, R"({"items":[]})"));
  Service service;
  service.namespace_name = "shop";
  service.name = "api";
  service.selector = {{"app", "api"}};
  const auto behind = run(api.io, workloads_behind(api.client, service));
  REQUIRE(behind.has_value());
  REQUIRE(behind->size() == 2);
  CHECK(behind->at(0).name == "web-a");
  CHECK(behind->at(1).name == "web-b");
  CHECK(api.server.seen().at(0).target == "/apis/apps/v1/namespaces/shop/deployments?limit=500");

  service.selector.clear();
  const auto none = run(api.io, workloads_behind(api.client, service));
  REQUIRE(none.has_value());
  CHECK(none->empty());
  CHECK(api.server.seen().size() == 3);
}

TEST_CASE("endpoints of this cluster and of the mesh are counted apart") {
  const std::vector<json::value> slices = {
      json::parse(
          R"({"metadata":{"labels":{"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io"}},
        "endpoints":[
          {"addresses":["10.0.0.1"],"targetRef":{"uid":"p1"}},
          {"addresses":["10.0.0.2"],"targetRef":{"uid":"p2"},"conditions":{"ready":false,"serving":true,"terminating":true}},
          {"addresses":["10.0.0.3"],"conditions":{"ready":null}}]})"),
      json::parse(
          R"({"addressType":"IPv6","endpoints":[{"addresses":["fd00::1"],"targetRef":{"uid":"p1"}}]})"),
      json::parse(R"({"metadata":{"labels":{
          "endpointslice.kubernetes.io/managed-by":"endpointslice-mesh-controller.cilium.io",
          "multicluster.kubernetes.io/source-cluster":"cilium-002"}},
        "endpoints":[{"addresses":["10.1.0.1"]},{"addresses":["10.1.0.2"],"conditions":{"ready":false}}]})")};
  const ServiceEndpoints counted = count_endpoints(slices);
  CHECK(counted.local == EndpointTally{.ready = 2, .serving = 3, .terminating = 1, .total = 3});
  REQUIRE(counted.remote.size() == 1);
  CHECK(counted.remote.at("cilium-002") ==
        EndpointTally{.ready = 1, .serving = 1, .terminating = 0, .total = 2});
  CHECK(count_endpoints({}).local == EndpointTally{});
}

TEST_CASE("endpoints are asked for by the label of the Service") {
  Api api;
  api.server.then(answer(200, R"({"items":[{"endpoints":[{"addresses":["10.0.0.1"]}]}]})"));
  const auto read = run(api.io, read_endpoints(api.client, ObjectRef(services(), "shop", "api")));
  REQUIRE(read.has_value());
  CHECK(read->local.ready == 1);
  CHECK(api.server.seen().at(0).target ==
        "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?limit=500&labelSelector="
        "kubernetes.io%2Fservice-name%3Dapi");
}

TEST_CASE("endpoints are found where only the older version of EndpointSlices is") {
  Api api;
  api.server.then(refuse(404, "NotFound", "the server could not find the requested resource"));
  api.server.then(answer(200, R"({"items":[{"endpoints":[{"addresses":["10.0.0.1"]}]}]})"));
  const auto read = run(api.io, read_endpoints(api.client, ObjectRef(services(), "shop", "api")));
  REQUIRE(read.has_value());
  CHECK(read->local.ready == 1);
  CHECK(api.server.seen().at(1).target.starts_with("/apis/discovery.k8s.io/v1beta1/namespaces/shop/"));

  api.server.then(answer(200, R"({"versions":[{"version":"v1"},{"version":"v1beta1"}]})"));
  CHECK(run(api.io, discover_endpoint_slices(api.client)).value().version == "v1");
  api.server.then(answer(200, R"({"versions":[{"version":"v1beta1"}]})"));
  CHECK(run(api.io, discover_endpoint_slices(api.client)).value().version == "v1beta1");
}

TEST_CASE("a StatefulSet and a DaemonSet are read in their own words") {
  const Workload set = parse_workload(
      WorkloadKind::stateful_set,
      json::parse(R"({"metadata":{"name":"db","namespace":"shop","generation":1},"spec":{"replicas":2},
        "status":{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"readyReplicas":2}})"));
  CHECK(to_string(set) == "StatefulSet shop/db");
  CHECK(set.reference() == ObjectRef(stateful_sets(), "shop", "db"));
  CHECK(set.rolled_out());
  const Workload daemons = parse_workload(
      WorkloadKind::daemon_set,
      json::parse(R"({"metadata":{"name":"nginx","namespace":"ingress"},"status":{"desiredNumberScheduled":3,
        "currentNumberScheduled":3,"numberReady":2,"updatedNumberScheduled":3,"numberAvailable":2}})"));
  CHECK(daemons.replicas == 3);
  CHECK(daemons.ready_replicas == 2);
  CHECK_FALSE(daemons.rolled_out());
  CHECK(workload_kind("DaemonSet") == WorkloadKind::daemon_set);
  CHECK_FALSE(workload_kind("ReplicaSet").has_value());
}

TEST_CASE("the workloads behind a Service are of three kinds") {
  Api api;
  const char* one =
      R"({"items":[{"metadata":{"name":"x"},"spec":{"template":{"metadata":{"labels":{"app":"api"}}}}}]})";
  for (int kinds = 0; kinds < 3; ++kinds) api.server.then(answer(200, one));
  Service service;
  service.namespace_name = "shop";
  service.selector = {{"app", "api"}};
  const auto behind = run(api.io, workloads_behind(api.client, service));
  REQUIRE(behind.has_value());
  REQUIRE(behind->size() == 3);
  CHECK(behind->at(0).kind == WorkloadKind::deployment);
  CHECK(behind->at(1).kind == WorkloadKind::stateful_set);
  CHECK(behind->at(2).kind == WorkloadKind::daemon_set);
}

TEST_CASE("a selector holds when all of it does") {
  const Selector selector = parse_selector(json::parse(R"({"matchLabels":{"app":"api"},"matchExpressions":[
      {"key":"tier","operator":"In","values":["web","edge"]},{"key":"canary","operator":"DoesNotExist"}]})"));
  CHECK(selector.matches({{"app", "api"}, {"tier", "web"}}));
  CHECK_FALSE(selector.matches({{"app", "api"}, {"tier", "db"}}));
  CHECK_FALSE(selector.matches({{"app", "api"}}));
  CHECK_FALSE(selector.matches({{"app", "api"}, {"tier", "web"}, {"canary", "1"}}));
  CHECK_FALSE(Selector{}.matches({{"app", "api"}}));
  CHECK_FALSE(parse_selector(json::parse(R"({"matchExpressions":[{"key":"a","operator":"Gt"}]})"))
                  .matches({{"a", "1"}}));
}

TEST_CASE("an Event says what was done to what") {
  Api api;
  api.server.then(answer(201, "{}"));
  EventNotice notice;
  notice.api_version = "apps/v1";
  notice.kind = "Deployment";
  notice.namespace_name = "shop";
  notice.name = "api";
  notice.uid = "u-1";
  notice.type = EventNotice::Type::warning;
  notice.reason = "DrillScaledDown";
  notice.action = "Scale";
  notice.note = std::string(1023, 'x') + "\u00e9\u00e9";
  CHECK(run(api.io, post_event(api.client, notice)).has_value());
  CHECK(api.server.seen().at(0).target == "/apis/events.k8s.io/v1/namespaces/shop/events");
  const json::value sent = api.sent(0);
  CHECK(sent.at("eventTime") == "1970-01-01T00:00:00.000000Z");
  CHECK(sent.at_pointer("/metadata/generateName") == "api-");
  CHECK(sent.at_pointer("/regarding/uid") == "u-1");
  CHECK(sent.at("type") == "Warning");
  CHECK(sent.at("note").as_string().size() == 1023);
}

TEST_CASE("MicroTime has exactly six digits and reads back") {
  using namespace std::chrono;
  const MicroTime time =
      sys_days{year{2026} / 1 / 31} + hours{8} + minutes{5} + seconds{9} + microseconds{120};
  CHECK(format_micro_time(time) == "2026-01-31T08:05:09.000120Z");
  CHECK(parse_micro_time("2026-01-31T08:05:09.000120Z") == time);
  CHECK(parse_micro_time("2026-01-31T08:05:09.00012Z") == time);
  CHECK(parse_micro_time("2026-01-31T08:05:09.000120999Z") == time);
  CHECK(parse_micro_time("2026-01-31T08:05:09Z") == time - microseconds{120});
  for (const char* wrong :
       {"", "2026-01-31", "2026-02-30T08:05:09Z", "2026-01-31T24:05:09Z", "2026-01-31T08:05:09.Z",
        "2026-01-31T08:05:09+01:00", "2026-01-31T08:05:09Zx", "2026-1-31T08:05:09Z"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_micro_time(wrong).has_value());
  }
}

TEST_CASE("a Lease is written back guarded and with what we do not know of it") {
  Api api;
  const std::string stored =
      R"({"metadata":{"name":"lock","namespace":"kube-system","uid":"l-1","resourceVersion":"7",
      "labels":{"keep":"me"},"annotations":{"a":"b"}},
    "spec":{"holderIdentity":"other","leaseDurationSeconds":15,"renewTime":"2026-01-31T08:05:09.000120Z",
      "strategy":"OldestEmulationVersion"}})";
  api.server.then(answer(200, stored));
  const ObjectRef reference(leases(), "kube-system", "lock");
  auto lease = run(api.io, read_lease(api.client, reference));
  REQUIRE(lease.has_value());
  CHECK(lease->holder == "other");
  CHECK(lease->renewed.has_value());
  CHECK_FALSE(lease->acquired.has_value());
  lease->holder = "";
  lease->renewed.reset();
  lease->annotations["record"] = "{}";
  api.server.then(refuse(409, "Conflict", "modified"));
  const auto written = run(api.io, update_lease(api.client, *lease));
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().conflict());
  CHECK(api.server.seen().at(1).method == "PUT");
  CHECK(api.server.seen().at(1).target == "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/lock");
  const json::value sent = api.sent(1);
  CHECK(sent.at_pointer("/metadata/resourceVersion") == "7");
  CHECK(sent.at_pointer("/metadata/labels/keep") == "me");
  CHECK(sent.at_pointer("/metadata/annotations/record") == "{}");
  CHECK(sent.at_pointer("/spec/strategy") == "OldestEmulationVersion");
  CHECK(sent.at_pointer("/spec/holderIdentity") == "");
  CHECK(sent.at("spec").as_object().if_contains("renewTime") == nullptr);
}

TEST_CASE("a new Lease is posted and an unguarded update refused") {
  Api api;
  Lease lease;
  lease.namespace_name = "kube-system";
  lease.name = "lock";
  lease.holder = "me";
  lease.acquired = MicroTime{};
  api.server.then(answer(201, R"({"metadata":{"resourceVersion":"1"}})"));
  const auto created = run(api.io, create_lease(api.client, lease));
  REQUIRE(created.has_value());
  CHECK(created->resource_version == "1");
  CHECK(api.server.seen().at(0).method == "POST");
  CHECK(api.server.seen().at(0).target == "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases");
  CHECK(api.sent(0).at_pointer("/spec/acquireTime") == "1970-01-01T00:00:00.000000Z");
  const auto updated = run(api.io, update_lease(api.client, lease));
  REQUIRE_FALSE(updated.has_value());
  CHECK(updated.error().kind == ApiError::Kind::invalid);
  CHECK(api.server.seen().size() == 1);
}

TEST_CASE("an access review asks for exactly one thing and is repeated like a read") {
  Api api;
  api.server.then(close_unanswered());
  api.server.then(answer(201, R"({"status":{"allowed":false,"reason":"no RBAC rule"}})"));
  AccessQuestion question;
  question.verb = "update";
  question.group = "apps";
  question.resource = "deployments";
  question.subresource = "scale";
  question.namespace_name = "shop";
  CHECK(to_string(question) == "update deployments.apps/scale in namespace shop");
  const auto answered = run(api.io, ask_access(api.client, question));
  REQUIRE(answered.has_value());
  CHECK_FALSE(answered->allowed);
  CHECK_FALSE(answered->denied);
  CHECK(answered->reason == "no RBAC rule");
  CHECK(api.server.seen().at(1).target == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
  CHECK(
      api.sent(1).at_pointer("/spec/resourceAttributes") ==
      json::parse(
          R"({"verb":"update","group":"apps","resource":"deployments","subresource":"scale","namespace":"shop"})"));
}

TEST_CASE("a cluster is known by the uid of kube-system") {
  Api api;
  api.server.then(answer(200, R"({"metadata":{"uid":"c-1"}})"));
  CHECK(run(api.io, cluster_uid(api.client)).value() == "c-1");
  CHECK(api.server.seen().at(0).target == "/api/v1/namespaces/kube-system");
  api.server.then(answer(200, "{}"));
  CHECK_FALSE(run(api.io, cluster_uid(api.client)).has_value());
}

TEST_CASE("a manifest is applied where discovery says that its kind is kept") {
  Api api;
  const std::string resources =
      R"({"resources":[{"name":"ingresses/status","kind":"Ingress","namespaced":true},
    {"name":"ingressclasses","kind":"IngressClass","namespaced":false},
    {"name":"ingresses","kind":"Ingress","namespaced":true}]})";
  api.server.then(answer(200, resources));
  api.server.then(answer(201, R"({"kind":"Ingress"})"));
  const json::value manifest =
      json::parse(R"({"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"api"}})");
  ApplyOptions options;
  options.force = true;
  options.dry_run = true;
  const auto applied = run(api.io, apply(api.client, manifest, options));
  REQUIRE(applied.has_value());
  CHECK(api.server.seen().at(0).target == "/apis/networking.k8s.io/v1");
  const SeenRequest& patch = api.server.seen().at(1);
  CHECK(patch.method == "PATCH");
  CHECK(patch.content_type == "application/apply-patch+yaml");
  CHECK(patch.target ==
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses/"
        "api?fieldManager=meshdrill&force=true&dryRun=All");

  api.server.then(answer(200, resources));
  const json::value unknown =
      json::parse(R"({"apiVersion":"networking.k8s.io/v1","kind":"X","metadata":{"name":"a"}})");
  CHECK(run(api.io, apply(api.client, unknown, options)).error().not_found());
  CHECK(run(api.io, apply(api.client, json::parse("{}"), options)).error().kind == ApiError::Kind::invalid);
}

TEST_CASE("paths are put together with their parts encoded") {
  CHECK(object_path(ObjectRef(namespaces(), "", "a/b")) == "/api/v1/namespaces/a%2Fb");
  CHECK(object_path(ObjectRef(stateful_sets(), "shop", "db"), "scale") ==
        "/apis/apps/v1/namespaces/shop/statefulsets/db/scale");
  CHECK(collection_path(services(), "") == "/api/v1/services");
  CHECK(to_string(ObjectRef(deployments(), "shop", "api")) == "deployments shop/api");
}
