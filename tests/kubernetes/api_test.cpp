// What lib/kube relies on, asked of a live API server: Kubernetes' own, or the lab's that stands for it.
#include "drill/change/restore.hpp"
#include "kube/access.hpp"
#include "kube/apply.hpp"
#include "kube/endpoints.hpp"
#include "kube/events.hpp"
#include "kube/field_change.hpp"
#include "kube/field_ownership.hpp"
#include "kube/identity.hpp"
#include "kube/json_fields.hpp"
#include "kube/lease.hpp"
#include "kube/list.hpp"
#include "kube/owners.hpp"
#include "kube/pods.hpp"
#include "kube/scale.hpp"
#include "kube/watch.hpp"
#include "kube/workloads.hpp"
#include "live_api.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;

namespace {

ResourceType config_maps() {
  return {"", "v1", "configmaps", true};
}

Workload read(LiveApi& api, const std::string& name) {
  const auto workload = api.run(read_workload(api.client(), WorkloadKind::deployment, api.space(), name));
  if (!workload) FAIL(to_string(workload.error()));
  return *workload;
}

ReplicasResult scale_to(LiveApi& api, const Workload& workload, int expected, int wanted) {
  ReplicasChange change;
  change.uid = workload.uid;
  change.expected = expected;
  change.wanted = wanted;
  return api.run(set_replicas(api.client(), workload.reference(), change));
}

HandBack give_back(LiveApi& api, const Workload& before) {
  HandBackRequest request;
  request.uid = before.uid;
  request.path = replicas_field();
  request.before = before.managed_fields;
  return api.run(hand_back(api.client(), before.reference(), request));
}

FieldResult set_shared(LiveApi& api, const std::string& uid, FieldValue expected, FieldValue wanted) {
  FieldChange change;
  change.uid = uid;
  change.path = annotation_field("service.cilium.io/shared");
  change.expected = std::move(expected);
  change.wanted = std::move(wanted);
  return api.run(set_field(api.client(), api.ref(services(), "api"), change));
}

constexpr const char* service_manifest =
    R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"api"},
      "spec":{"selector":{"app":"api"},"ports":[{"name":"http","port":80}]}})";

}  // namespace

TEST_CASE("the cluster has an identity") {
  LiveApi api;
  const auto uid = api.run(cluster_uid(api.client()));
  REQUIRE(uid.has_value());
  CHECK(uid->size() == 36);
}

TEST_CASE("replicas are read and written over what was read and nothing else") {
  LiveApi api;
  api.create(deployments(), deployment_manifest("api", 2));
  const Workload before = read(api, "api");
  const ObjectRef workload = before.reference();
  auto read_first = api.run(read_scale(api.client(), workload));
  REQUIRE(read_first.has_value());
  CHECK(read_first->uid == before.uid);
  CHECK(read_first->replicas == 2);

  // The controller writes the status of a new Deployment meanwhile: then it is a conflict, and read again.
  auto tried = api.run(write_scale(api.client(), workload, *read_first, 0, true));
  for (int times = 0; times < 20 && tried.outcome == ScaleWrite::Outcome::conflict; ++times) {
    read_first = api.run(read_scale(api.client(), workload));
    REQUIRE(read_first.has_value());
    tried = api.run(write_scale(api.client(), workload, *read_first, 0, true));
  }
  CHECK(tried.outcome == ScaleWrite::Outcome::written);
  CHECK(tried.scale.replicas == 0);
  CHECK(read(api, "api").replicas == 2);

  const ReplicasResult down = scale_to(api, before, 2, 0);
  CHECK(down.outcome == ChangeOutcome::written);
  CHECK(read(api, "api").replicas == 0);
  CHECK(api.run(read_scale(api.client(), workload)).value().replicas == 0);
  CHECK(scale_to(api, before, 2, 0).outcome == ChangeOutcome::already);
  CHECK(scale_to(api, before, 3, 5).outcome == ChangeOutcome::foreign);

  const auto stale = api.run(write_scale(api.client(), workload, *read_first, 1, false));
  CHECK(stale.outcome == ScaleWrite::Outcome::conflict);
  Scale another = *read_first;
  another.uid = "00000000-0000-0000-0000-000000000000";
  another.resource_version.clear();
  const auto wrong = api.run(write_scale(api.client(), workload, another, 1, false));
  CHECK(wrong.outcome == ScaleWrite::Outcome::conflict);
  CHECK(read(api, "api").replicas == 0);
  CHECK(scale_to(api, before, 0, 2).outcome == ChangeOutcome::written);
}

TEST_CASE("a workload that was deleted and made anew is somebody else's") {
  LiveApi api;
  api.create(deployments(), deployment_manifest("api", 0));
  const Workload before = read(api, "api");
  api.must(Method::remove, object_path(before.reference()));
  CHECK(scale_to(api, before, 0, 2).outcome == ChangeOutcome::gone);
  api.create(deployments(), deployment_manifest("api", 0));
  CHECK(scale_to(api, before, 0, 2).outcome == ChangeOutcome::foreign);
}

TEST_CASE("the ownership of replicas is handed back and the owner's next apply goes through") {
  LiveApi api;
  const auto applied = api.apply_as("helm", deployment_manifest("api", 3));
  if (!applied) FAIL(to_string(applied.error()));
  const Workload before = read(api, "api");
  REQUIRE(before.replicas_managers.size() == 1);
  CHECK(to_string(before.replicas_managers[0]) == "helm (Apply)");
  CHECK(give_back(api, before).outcome == HandBack::Outcome::nothing_to_do);

  CHECK(scale_to(api, before, 3, 0).outcome == ChangeOutcome::written);
  CHECK(scale_to(api, before, 0, 3).outcome == ChangeOutcome::written);
  const HandBack result = give_back(api, before);
  if (result.error) CAPTURE(to_string(*result.error));
  CAPTURE(to_string(result.found));
  CAPTURE(to_string(result.now));
  // Kubernetes 1.20 does not track who writes /scale: there the owner never lost it.
  const bool tracked = to_string(result.found) != "helm (Apply)";
  CHECK(result.outcome == (tracked ? HandBack::Outcome::handed_back : HandBack::Outcome::nothing_to_do));
  CHECK(to_string(read(api, "api").replicas_managers) == "helm (Apply)");
  CHECK(give_back(api, before).outcome == HandBack::Outcome::nothing_to_do);

  const auto upgraded = api.apply_as("helm", deployment_manifest("api", 4));
  if (!upgraded) FAIL(to_string(upgraded.error()));
  CHECK(read(api, "api").replicas == 4);
  CHECK(read(api, "api").replicas_managers.size() == 1);
}

TEST_CASE("a patch of the object itself takes the field over and hand-back undoes that too") {
  LiveApi api;
  CHECK(api.apply_as("helm", deployment_manifest("api", 3)).has_value());
  const Workload before = read(api, "api");
  for (const int replicas : {1, 3}) {
    FieldChange change;
    change.uid = before.uid;
    change.path = replicas_field();
    change.expected = json::value(replicas == 1 ? 3 : 1);
    change.wanted = json::value(replicas);
    const FieldResult result = api.run(set_field(api.client(), before.reference(), change));
    if (result.error) CAPTURE(to_string(*result.error));
    CHECK(result.outcome == ChangeOutcome::written);
  }
  const auto conflict = api.apply_as("helm", deployment_manifest("api", 4));
  REQUIRE_FALSE(conflict.has_value());
  CHECK(conflict.error().conflict());
  CHECK(to_string(conflict.error()).find("meshdrill") != std::string::npos);
  CHECK(give_back(api, before).outcome == HandBack::Outcome::handed_back);
  CHECK(api.apply_as("helm", deployment_manifest("api", 4)).has_value());
}

TEST_CASE("a newcomer's ownership is left alone") {
  LiveApi api;
  CHECK(api.apply_as("helm", deployment_manifest("api", 3)).has_value());
  const Workload before = read(api, "api");
  CHECK(scale_to(api, before, 3, 0).outcome == ChangeOutcome::written);
  Request edit;
  edit.method = Method::patch;
  edit.path = object_path(before.reference());
  edit.query.emplace_back("fieldManager", "kubectl-edit");
  edit.content_type = "application/merge-patch+json";
  edit.body = json::parse(R"({"spec":{"replicas":7}})");
  CHECK(api.run(api.client().request(edit)).has_value());
  CHECK(scale_to(api, before, 0, 3).outcome == ChangeOutcome::foreign);
  CHECK(give_back(api, before).outcome == HandBack::Outcome::foreign);
}

TEST_CASE("an annotation is set and taken away again over its own value only") {
  LiveApi api;
  const json::value made = api.create(services(), service_manifest);
  const std::string uid = text_field(made, "/metadata/uid");
  const auto tried = api.run(try_field(api.client(), api.ref(services(), "api"),
                                       annotation_field("service.cilium.io/shared"), json::value("false")));
  CHECK(tried.has_value());
  CHECK(set_shared(api, uid, std::nullopt, json::value("false")).outcome == ChangeOutcome::written);
  CHECK(text_field(api.get(api.ref(services(), "api")), "/metadata/annotations/service.cilium.io~1shared") ==
        "false");
  CHECK(set_shared(api, uid, std::nullopt, json::value("false")).outcome == ChangeOutcome::already);
  CHECK(set_shared(api, uid, std::nullopt, json::value("true")).outcome == ChangeOutcome::foreign);
  CHECK(set_shared(api, uid, json::value("false"), std::nullopt).outcome == ChangeOutcome::written);
  CHECK(field(api.get(api.ref(services(), "api")), "/metadata/annotations") == nullptr);
  CHECK(set_shared(api, "another", std::nullopt, json::value("false")).outcome == ChangeOutcome::foreign);
}

TEST_CASE("a patch over an old version is a conflict") {
  LiveApi api;
  api.create(services(), service_manifest);
  Request patch;
  patch.method = Method::patch;
  patch.path = object_path(api.ref(services(), "api"));
  patch.content_type = "application/merge-patch+json";
  patch.body = json::parse(R"({"metadata":{"resourceVersion":"1","annotations":{"a":"b"}}})");
  const auto refused = api.run(api.client().request(patch));
  REQUIRE_FALSE(refused.has_value());
  CAPTURE(to_string(refused.error()));
  CHECK(to_string(refused.error()).find("HTTP 409 Conflict") != std::string::npos);
}

TEST_CASE("the query of a DELETE with a body counts for nothing") {
  LiveApi api;
  api.create(config_maps(), R"({"metadata":{"name":"m"}})");
  Request request;
  request.method = Method::remove;
  request.path = object_path(api.ref(config_maps(), "m"));
  request.query.emplace_back("dryRun", "All");
  request.body = json::parse(R"({"kind":"DeleteOptions","apiVersion":"v1"})");
  CHECK(api.run(api.client().request(request)).has_value());
  Request read_back;
  read_back.path = request.path;
  CHECK(api.run(api.client().request(read_back)).error().not_found());
}

TEST_CASE("owners are found on an API without their kinds") {
  LiveApi api;
  CHECK(api.apply_as("night-scaler", deployment_manifest("api", 3)).has_value());
  // Kubernetes before 1.23 has autoscaling/v1 only.
  auto type = api.run(discover(api.client(), "autoscaling/v2", "HorizontalPodAutoscaler"));
  if (!type) type = api.run(discover(api.client(), "autoscaling/v1", "HorizontalPodAutoscaler"));
  REQUIRE(type.has_value());
  api.create(*type, R"({"metadata":{"name":"api"},"spec":{"minReplicas":2,"maxReplicas":5,
      "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"api"}}})");
  const ReplicasOwners owners = api.run(find_replicas_owners(api.client(), read(api, "api")));
  for (const ApiError& error : owners.unread) CAPTURE(to_string(error));
  CHECK(owners.unread.empty());
  REQUIRE(owners.found.size() == 2);
  CHECK(owners.found[0].kind == ReplicasOwner::Kind::hpa);
  CHECK(owners.found[0].object == "HorizontalPodAutoscaler " + api.space() + "/api");
  CHECK(owners.found[0].least == 2);
  CHECK(owners.found[1].object == "field manager night-scaler");
}

TEST_CASE("a list comes page by page") {
  LiveApi api;
  for (int i = 0; i < 5; ++i) {
    api.create(config_maps(),
               fmt::format(R"({{"metadata":{{"name":"m{}","labels":{{"half":"{}"}}}}}})", i, i % 2));
  }
  ListRequest list;
  list.path = collection_path(config_maps(), api.space());
  list.page_size = 2;
  list.label_selector = "half=0";
  const auto some = api.run(list_all(api.client(), list));
  REQUIRE(some.has_value());
  CHECK(some->items.size() == 3);
  CHECK_FALSE(some->resource_version.empty());
  list.label_selector.clear();
  list.field_selector = "metadata.name=m3";
  CHECK(api.run(list_all(api.client(), list)).value().items.size() == 1);
}

TEST_CASE("a watch sees what comes and goes") {
  LiveApi api;
  api.create(config_maps(), R"({"metadata":{"name":"first"}})");
  std::string seen;
  WatchOptions options;
  options.list.path = collection_path(config_maps(), api.space());
  options.list.label_selector = "watched!=no";
  bool changed = false;
  bool finished = false;
  auto other = api.client_as("");
  const ResourceType type = config_maps();
  const auto write = [&](Method method, const std::string& name, json::value body) -> Task<> {
    Request request;
    request.method = method;
    request.path =
        method == Method::post ? collection_path(type, api.space()) : object_path(api.ref(type, name));
    if (!body.is_null()) request.body = std::move(body);
    const auto done = co_await other->request(std::move(request));
    if (!done) seen += to_string(done.error());
  };
  const auto change = [&]() -> Task<> {
    json::value second = json::parse(R"({"metadata":{"name":"second"},"data":{"a":"b"}})");
    co_await write(Method::post, "second", second);
    json::value third = json::parse(R"({"metadata":{"name":"second"},"data":{"a":"c"}})");
    co_await write(Method::put, "second", third);
    json::value none;
    co_await write(Method::remove, "second", none);
    finished = true;
  };
  const auto done = api.run(watch(api.client(), options, [&](const WatchEvent& event) {
    const std::string name = text_field(event.object, "/metadata/name");
    switch (event.type) {
      case WatchEvent::Type::synced:
        if (!changed) asio::co_spawn(api.client().executor(), change(), asio::detached);
        changed = true;
        break;
      case WatchEvent::Type::added:
        seen += "+" + name;
        break;
      case WatchEvent::Type::modified:
        seen += "~" + name;
        break;
      case WatchEvent::Type::deleted:
        seen += "-" + name;
        break;
      case WatchEvent::Type::disconnected:
        seen += to_string(event.error);
        break;
    }
    return event.type != WatchEvent::Type::deleted;
  }));
  CHECK(done.has_value());
  api.run_until([&] { return finished; });  // its last answer may come after the event
  CHECK(seen.ends_with("+second~second-second"));
}

TEST_CASE("a Lease is made once and written over its last version only") {
  LiveApi api;
  Lease lease;
  lease.namespace_name = api.space();
  lease.name = "lock";
  lease.holder = "one";
  lease.renewed = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  lease.annotations["meshdrill.io/record"] = R"({"a":1})";
  const auto made = api.run(create_lease(api.client(), lease));
  if (!made) FAIL(to_string(made.error()));
  const auto again = api.run(create_lease(api.client(), lease));
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().conflict());
  auto read_back = api.run(read_lease(api.client(), api.ref(leases(), "lock")));
  REQUIRE(read_back.has_value());
  CHECK(read_back->renewed == lease.renewed);
  CHECK(read_back->annotations == lease.annotations);
  Lease first = *read_back;
  Lease second = *read_back;
  first.holder = "two";
  CHECK(api.run(update_lease(api.client(), first)).has_value());
  second.holder = "three";
  const auto late = api.run(update_lease(api.client(), second));
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().conflict());
  Lease released = api.run(read_lease(api.client(), api.ref(leases(), "lock"))).value();
  CHECK(released.holder == "two");
  released.holder.clear();
  released.annotations.clear();
  CHECK(api.run(update_lease(api.client(), released)).has_value());
}

TEST_CASE("an Event is taken and stands in the API") {
  LiveApi api;
  api.create(deployments(), deployment_manifest("api", 1));
  const Workload workload = read(api, "api");
  EventNotice notice;
  notice.api_version = "apps/v1";
  notice.kind = "Deployment";
  notice.namespace_name = workload.namespace_name;
  notice.name = workload.name;
  notice.uid = workload.uid;
  notice.type = EventNotice::Type::warning;
  notice.reason = "DrillScaledDown";
  notice.action = "Scale";
  notice.note = "a drill scaled it to 0";
  notice.instance = "run-1";
  notice.time = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto posted = api.run(post_event(api.client(), notice));
  if (!posted) FAIL(to_string(posted.error()));
  ListRequest list;
  list.path = collection_path(events(), api.space());
  const auto all = api.run(list_all(api.client(), list));
  REQUIRE(all.has_value());
  CHECK(std::any_of(all->items.begin(), all->items.end(), [](const json::value& event) {
    return text_field(event, "/reason") == "DrillScaledDown" &&
           text_field(event, "/note") == "a drill scaled it to 0";
  }));
}

TEST_CASE("a Pod is deleted by its uid") {
  LiveApi api;
  const char* manifest = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"lone"},
    "spec":{"automountServiceAccountToken":false,"containers":[{"name":"main","image":"registry.invalid/x:1"}]}})";
  api.create(pods(), manifest);
  const auto pods_there = api.run(list_pods(api.client(), api.space(), ""));
  REQUIRE(pods_there.has_value());
  REQUIRE(pods_there->size() == 1);
  PodDeletion deletion;
  deletion.namespace_name = api.space();
  deletion.name = "lone";
  deletion.uid = "00000000-0000-0000-0000-000000000000";
  CHECK(api.run(delete_pod(api.client(), deletion)).outcome == PodDeleted::Outcome::gone);
  deletion.uid = pods_there->front().uid;
  deletion.dry_run = true;
  CHECK(api.run(delete_pod(api.client(), deletion)).outcome == PodDeleted::Outcome::deleted);
  CHECK(api.run(list_pods(api.client(), api.space(), "")).value().size() == 1);
  // The API itself holds the uid against the Pod that is there.
  Request wrong;
  wrong.method = Method::remove;
  wrong.path = object_path(api.ref(pods(), "lone"));
  wrong.body = json::parse(R"({"preconditions":{"uid":"00000000-0000-0000-0000-000000000000"}})");
  CHECK(api.run(api.client().request(wrong)).error().conflict());
  deletion.dry_run = false;
  deletion.grace_seconds = 0;
  CHECK(api.run(delete_pod(api.client(), deletion)).outcome == PodDeleted::Outcome::deleted);
  CHECK(api.run(list_pods(api.client(), api.space(), "")).value().empty());
}

TEST_CASE("access is asked about") {
  LiveApi api;
  AccessQuestion question;
  question.verb = "update";
  question.group = "apps";
  question.resource = "deployments";
  question.subresource = "scale";
  question.namespace_name = api.space();
  CHECK(api.run(ask_access(api.client(), question)).value().allowed);
}

TEST_CASE("the workloads behind a Service and its endpoints are found") {
  LiveApi api;
  api.create(services(), service_manifest);
  api.create(deployments(), deployment_manifest("api", 1));
  api.create(deployments(), deployment_manifest("other", 1));
  const auto service = api.run(read_service(api.client(), api.ref(services(), "api")));
  REQUIRE(service.has_value());
  const auto behind = api.run(workloads_behind(api.client(), *service));
  REQUIRE(behind.has_value());
  REQUIRE(behind->size() == 1);
  CHECK(to_string(behind->front()) == "Deployment " + api.space() + "/api");
  const auto endpoints = api.run(read_endpoints(api.client(), api.ref(services(), "api")));
  if (!endpoints) FAIL(to_string(endpoints.error()));
  const auto slices = api.run(discover_endpoint_slices(api.client()));
  REQUIRE(slices.has_value());
  ListRequest list;
  list.path = collection_path(*slices, api.space());
  CHECK(api.run(list_all(api.client(), list)).has_value());
}

TEST_CASE("refusals say cluster verb object status and the words of the API") {
  LiveApi api;
  const auto absent = api.run(read_workload(api.client(), WorkloadKind::deployment, api.space(), "absent"));
  REQUIRE_FALSE(absent.has_value());
  const std::string said = to_string(absent.error());
  CHECK(said.find("GET /apis/apps/v1/namespaces/" + api.space() + "/deployments/absent") !=
        std::string::npos);
  CHECK(said.find("HTTP 404 NotFound") != std::string::npos);
  CHECK(said.find("deployments.apps \"absent\" not found") != std::string::npos);
}

TEST_CASE("a write of the fault that is carried out after the restore is taken back as well") {
  LiveApi api;
  drill::Change change;
  change.kind = drill::ChangeKind::field;
  change.object_kind = drill::ObjectKind::service;
  change.object = {api.space(), "api"};
  change.uid = text_field(api.create(services(), service_manifest), "/metadata/uid");
  change.path = annotation_field("service.cilium.io/shared");
  change.to_value = "false";
  ChangeOutcome written = ChangeOutcome::failed;
  const auto write_late = [&]() -> Task<> {
    Timer timer(api.client().executor(), std::chrono::milliseconds{500});
    co_await timer.async_wait(try_await);
    FieldChange late;
    late.uid = change.uid;
    late.path = change.path;
    late.wanted = json::value(change.to_value);
    const ObjectRef service = api.ref(services(), "api");
    const FieldResult result = co_await set_field(api.client(), service, late);
    written = result.outcome;
  };
  asio::co_spawn(api.client().executor(), write_late(), asio::detached);
  const auto back =
      api.run(drill::put_back(api.client(), {change}, std::chrono::seconds{10}, std::chrono::seconds{2}));
  CHECK(back.problem == "");
  CHECK(written == ChangeOutcome::written);
  CHECK(text_field(api.get(api.ref(services(), "api")), "/metadata/annotations/service.cilium.io~1shared") ==
        "");
}
