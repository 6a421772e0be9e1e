#include "drill/safety/record.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace meshdrill::drill;

namespace {

Record record_of(std::vector<Change> changes) {
  return {"run-1", "api-failover", "host", "2026-01-31T08:05:09Z", std::move(changes)};
}

Change stateful_set() {
  Change change;
  change.object_kind = ObjectKind::stateful_set;
  change.object = {"data", "store"};
  change.uid = "u2";
  change.replicas = 4;
  change.to_replicas = 1;
  change.accepted = CountRange{2, 6};
  change.owners =
      owners_of({{{"manager", "helm"},
                  {"operation", "Apply"},
                  {"fieldsV1", {{"f:spec", {{"f:replicas", boost::json::object{}}, {"f:x", 1}}}}}},
                 {{"manager", "kubectl"}, {"fieldsV1", {{"f:metadata", boost::json::object{}}}}}},
                field_path(change));
  return change;
}

Change unshared(std::optional<std::string> before) {
  Change change;
  change.kind = ChangeKind::field;
  change.object_kind = ObjectKind::service;
  change.object = {"default", "api"};
  change.uid = "u3";
  change.path = {"metadata", "annotations", "service.cilium.io/shared"};
  change.value = std::move(before);
  change.to_value = "false";
  return change;
}

Change moved_away() {
  Change change = unshared(std::nullopt);
  change.object_kind = ObjectKind::daemon_set;
  change.object = {"ingress-nginx", "controller"};
  change.path = {"spec", "template", "spec", "nodeSelector", "meshdrill.io/away"};
  change.to_value = "true";
  return change;
}

Change without_pods() {
  Change change = scale_to_zero({"default", "api"}, "u1", 3);
  change.kind = ChangeKind::pods;
  change.to_replicas = 3;
  change.pods = {{"api-1", "p1"}, {"api-2", "p2"}};
  return change;
}

}  // namespace

TEST_CASE("a record comes back as it went") {
  const Record record = record_of({scale_to_zero({"default", "api"}, "u1", 3), stateful_set(),
                                   unshared(std::nullopt), unshared("true"), moved_away(), without_pods()});
  const auto decoded = decode_record(encode(record));
  REQUIRE(decoded);
  CHECK(decoded->run == "run-1");
  CHECK(decoded->host == "host");
  CHECK(decoded->changes == record.changes);
}

TEST_CASE("a record of an earlier version is read") {
  const auto decoded = decode_record(
      R"({"schema": 1, "run": "r", "drill": "d", "host": "h", "started": "2026-01-01T00:00:00Z", "scaledTo": 1,
          "workloads": [{"namespace": "n", "name": "w", "uid": "u", "replicas": 2}]})");
  REQUIRE(decoded);
  Change change = scale_to_zero({"n", "w"}, "u", 2);
  change.to_replicas = 1;
  CHECK(decoded->changes == std::vector<Change>{change});
}

TEST_CASE("a record that cannot be understood is an error") {
  CHECK_FALSE(decode_record("not json"));
  CHECK_FALSE(decode_record("{}"));
  CHECK_FALSE(decode_record(
      R"({"schema": 2, "run": "", "drill": "", "host": "", "started": "", "changes": [{"change": "colour"}]})"));
  const auto newer = decode_record(R"({"schema": 3})");
  REQUIRE_FALSE(newer);
  CHECK(newer.error().message == "the record has schema 3, this version reads up to 2");
}

TEST_CASE("the owners of a field are kept with that field alone") {
  const Change change = stateful_set();
  REQUIRE(change.owners.size() == 1);
  CHECK(change.owners[0].at("manager") == "helm");
  CHECK(boost::json::serialize(change.owners[0].at("fieldsV1")) == R"({"f:spec":{"f:replicas":{}}})");
}

TEST_CASE("the commands to type survive a shell") {
  CHECK(restore_command("my context", scale_to_zero({"default", "api"}, "u1", 3)) ==
        "kubectl --context 'my context' -n default scale deployment/api --replicas=3");
  CHECK(restore_command("c", stateful_set()) ==
        "kubectl --context c -n data scale statefulset/store --replicas=4");
  CHECK(restore_command("c", unshared(std::nullopt)) ==
        "kubectl --context c -n default annotate service/api service.cilium.io/shared-");
  CHECK(restore_command("c", unshared("tr ue")) ==
        "kubectl --context c -n default annotate service/api service.cilium.io/shared='tr ue' --overwrite");
  CHECK(restore_command("c", moved_away()) ==
        "kubectl --context c -n ingress-nginx patch daemonset/controller --type=merge -p "
        R"('{"spec":{"template":{"spec":{"nodeSelector":{"meshdrill.io/away":null}}}}}')");
  CHECK(restore_command("c", without_pods()) ==
        "kubectl --context c -n default rollout status deployment/api");
  CHECK(fault_command("c", without_pods()) ==
        "kubectl --context c -n default delete pods --wait=false api-1 api-2");
  CHECK(with_commands("it failed", "c", {stateful_set()}) ==
        "it failed. To put it back by hand:\n"
        "  kubectl --context c -n data scale statefulset/store --replicas=4");
}
