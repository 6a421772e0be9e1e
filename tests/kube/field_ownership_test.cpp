// Who owns a field, and giving it back.
#include "kube/field_ownership.hpp"

#include "kube/support/api.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;
using Outcome = HandBack::Outcome;

namespace {

const ObjectRef deployment(deployments(), "shop", "api");

json::value helm(bool with_replicas) {
  json::value entry = json::parse(R"({"manager":"helm","operation":"Apply","apiVersion":"apps/v1",
      "time":"2026-01-01T00:00:00Z","fieldsV1":{"f:spec":{"f:template":{}}}})");
  if (with_replicas) entry.at_pointer("/fieldsV1/f:spec").as_object()["f:replicas"] = json::object{};
  return entry;
}

json::value ours(const char* subresource) {
  json::value entry = json::parse(R"({"manager":"meshdrill","operation":"Update","apiVersion":"apps/v1",
      "time":"2026-02-01T00:00:00Z","fieldsV1":{"f:spec":{"f:replicas":{}}}})");
  if (*subresource != '\0') entry.as_object()["subresource"] = subresource;
  return entry;
}

json::value controller() {
  return json::parse(R"({"manager":"kube-controller-manager","operation":"Update","apiVersion":"apps/v1",
      "subresource":"status","fieldsV1":{"f:status":{"f:replicas":{}}}})");
}

std::string object(const json::array& managed_fields, const std::string& version,
                   const std::string& uid = "u-1") {
  return json::serialize(json::object{
      {"metadata", {{"uid", uid}, {"resourceVersion", version}, {"managedFields", managed_fields}}}});
}

HandBack give_back(Api& api, const json::array& before) {
  HandBackRequest request;
  request.uid = "u-1";
  request.path = replicas_field();
  request.before = before;
  return run(api.io, hand_back(api.client, deployment, request));
}

}  // namespace

TEST_CASE("owners of a field are those whose entries hold it") {
  const json::array fields{helm(true), ours("scale"), controller()};
  const auto owners = field_owners(fields, replicas_field());
  REQUIRE(owners.size() == 2);
  CHECK(to_string(owners) == "helm (Apply) and meshdrill (Update, scale)");
  CHECK(to_string(field_owners({controller()}, replicas_field())) == "nobody");
}

TEST_CASE("our entry loses the field and the former owner has it again") {
  const json::array before{helm(true), controller()};
  // Kubernetes 1.20 records who wrote /scale, 1.36 records nobody.
  for (const json::array& live :
       {json::array{helm(false), ours("scale"), controller()},
        json::array{helm(false), ours(""), controller()}, json::array{helm(false), controller()}}) {
    CAPTURE(json::serialize(live));
    const auto next = with_former_owners(live, before, replicas_field());
    REQUIRE(next.has_value());
    CHECK(json::value(*next) == json::value(before));
    CHECK_FALSE(with_former_owners(*next, before, replicas_field()).has_value());
  }
}

TEST_CASE("what else changed meanwhile stays as it is") {
  json::value grown = ours("");
  grown.at_pointer("/fieldsV1/f:spec").as_object()["f:paused"] = json::object{};
  json::value later = helm(false);
  later.as_object()["time"] = "2026-03-01T00:00:00Z";
  const auto next = with_former_owners({later, grown}, {helm(true)}, replicas_field());
  REQUIRE(next.has_value());
  REQUIRE(next->size() == 2);
  CHECK(next->at(0).at("time") == "2026-03-01T00:00:00Z");
  CHECK(next->at(1).at_pointer("/fieldsV1/f:spec").as_object().if_contains("f:replicas") == nullptr);
  CHECK(next->at(1).at_pointer("/fieldsV1/f:spec/f:paused").is_object());
}

TEST_CASE("an owner whose entry is gone comes back with this field alone") {
  const auto next = with_former_owners({controller()}, {helm(true), controller()}, replicas_field());
  REQUIRE(next.has_value());
  REQUIRE(next->size() == 2);
  CHECK(next->at(1).at("manager") == "helm");
  CHECK(next->at(1).at("fieldsV1") == json::parse(R"({"f:spec":{"f:replicas":{}}})"));
}

TEST_CASE("where nobody owned anything nobody does again") {
  const auto next = with_former_owners({ours("")}, {}, replicas_field());
  REQUIRE(next.has_value());
  CHECK(json::value(*next) == json::parse("[{}]"));
}

TEST_CASE("a field that was ours before stays ours") {
  CHECK_FALSE(with_former_owners({ours("")}, {ours("")}, replicas_field()).has_value());
}

TEST_CASE("hand-back replaces managedFields guarded by the resourceVersion") {
  Api api;
  const json::array before{helm(true)};
  api.server.then(answer(200, object({helm(false), ours("")}, "7")));
  api.server.then(answer(200, object(before, "8")));
  const HandBack result = give_back(api, before);
  CHECK(result.outcome == Outcome::handed_back);
  CHECK(to_string(result.before) == "helm (Apply)");
  CHECK(to_string(result.found) == "meshdrill (Update)");
  CHECK(to_string(result.now) == "helm (Apply)");
  const SeenRequest& patch = api.server.seen().at(1);
  CHECK(patch.target == "/apis/apps/v1/namespaces/shop/deployments/api");
  CHECK(patch.content_type == "application/json-patch+json");
  const json::array sent = api.sent(1).as_array();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].at("path") == "/metadata/managedFields");
  CHECK(sent[0].at("value") == json::value(before));
  CHECK(sent[1] == json::parse(R"({"op":"replace","path":"/metadata/resourceVersion","value":"7"})"));
}

TEST_CASE("hand-back reads again after a conflict and after a lost answer") {
  Api api;
  const json::array before{helm(true)};
  api.server.then(answer(200, object({helm(false), ours("")}, "7")));
  api.server.then(refuse(409, "Conflict", "modified"));
  api.server.then(answer(200, object({helm(false), ours("")}, "9")));
  api.server.then(close_unanswered());
  api.server.then(answer(200, object(before, "10")));
  CHECK(give_back(api, before).outcome == Outcome::handed_back);
  CHECK(api.verbs() == "GET PATCH GET PATCH GET");
}

TEST_CASE("hand-back says what kept it from being done") {
  Api api;
  const json::array before{helm(true)};
  api.server.then(answer(200, object(before, "7")));
  CHECK(give_back(api, before).outcome == Outcome::nothing_to_do);

  json::value edit = ours("");
  edit.as_object()["manager"] = "kubectl-edit";
  api.server.then(answer(200, object({helm(false), edit}, "7")));
  CHECK(give_back(api, before).outcome == Outcome::foreign);

  api.server.then(answer(200, object({ours("")}, "7", "u-2")));
  CHECK(give_back(api, before).outcome == Outcome::gone);
  api.server.then(refuse(404, "NotFound", "not found"));
  CHECK(give_back(api, before).outcome == Outcome::gone);

  api.server.then(answer(200, object({helm(false), ours("")}, "7")));
  api.server.then(refuse(403, "Forbidden", "deployments.apps \"api\" is forbidden"));
  CHECK(give_back(api, before).outcome == Outcome::not_allowed);

  // An API that takes the patch and keeps the managedFields that it had.
  api.server.then(answer(200, object({helm(false), ours("")}, "7")));
  api.server.then(answer(200, object({helm(false), ours("")}, "8")));
  CHECK(give_back(api, before).outcome == Outcome::failed);
}
