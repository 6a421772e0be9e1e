// Setting one field: only over the value that is expected, whatever becomes of the answers.
#include "kube/field_change.hpp"

#include "kube/support/api.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;

namespace {

const ObjectRef service(services(), "shop", "api");

// A Service whose annotation `shared` has that value; none when empty.
std::string object(const std::string& shared, int version, const std::string& uid = "u-1") {
  const std::string annotations =
      shared.empty() ? "" : fmt::format(R"(,"annotations":{{"service.cilium.io/shared":"{}"}})", shared);
  return fmt::format(R"({{"metadata":{{"uid":"{}","resourceVersion":"{}"{}}},"spec":{{"ports":[]}}}})", uid,
                     version, annotations);
}

FieldResult set(Api& api, FieldValue expected, FieldValue wanted) {
  FieldChange change;
  change.uid = "u-1";
  change.path = annotation_field("service.cilium.io/shared");
  change.expected = std::move(expected);
  change.wanted = std::move(wanted);
  return run(api.io, set_field(api.client, service, change));
}

}  // namespace

TEST_CASE("an annotation is added where none is expected and guarded by what was read") {
  Api api;
  api.server.then(answer(200, object("", 5)));
  api.server.then(answer(200, object("false", 6)));
  const FieldResult result = set(api, std::nullopt, json::value("false"));
  CHECK(result.outcome == ChangeOutcome::written);
  CHECK(result.seen == FieldValue("false"));
  CHECK(result.writes == 1);
  const SeenRequest& patch = api.server.seen().at(1);
  CHECK(patch.method == "PATCH");
  CHECK(patch.target == "/api/v1/namespaces/shop/services/api");
  CHECK(patch.content_type == "application/merge-patch+json");
  CHECK(api.sent(1) == json::parse(R"({"metadata":{"annotations":{"service.cilium.io/shared":"false"},
      "resourceVersion":"5"}})"));
}

TEST_CASE("taking a field away sends null") {
  Api api;
  api.server.then(answer(200, object("false", 6)));
  api.server.then(answer(200, object("", 7)));
  const FieldResult result = set(api, json::value("false"), std::nullopt);
  CHECK(result.outcome == ChangeOutcome::written);
  CHECK_FALSE(result.seen.has_value());
  CHECK(result.read);
  CHECK(api.sent(1).at_pointer("/metadata/annotations").as_object().at("service.cilium.io/shared").is_null());
}

TEST_CASE("somebody else's value and somebody else's object are left alone") {
  Api api;
  api.server.then(answer(200, object("true", 5)));
  CHECK(set(api, std::nullopt, json::value("false")).outcome == ChangeOutcome::foreign);
  api.server.then(answer(200, object("", 5, "u-2")));
  CHECK(set(api, std::nullopt, json::value("false")).outcome == ChangeOutcome::foreign);
  api.server.then(refuse(404, "NotFound", "services \"api\" not found"));
  CHECK(set(api, std::nullopt, json::value("false")).outcome == ChangeOutcome::gone);
  CHECK(api.verbs() == "GET GET GET");
}

TEST_CASE("what stands already is not written again") {
  Api api;
  api.server.then(answer(200, object("false", 5)));
  const FieldResult result = set(api, std::nullopt, json::value("false"));
  CHECK(result.outcome == ChangeOutcome::already);
  CHECK(result.writes == 0);
}

TEST_CASE("a conflict is looked at again before the field is written") {
  Api api;
  api.server.then(answer(200, object("", 5)));
  api.server.then(refuse(409, "Conflict", "modified"));
  api.server.then(answer(200, object("", 6)));
  api.server.then(answer(200, object("false", 7)));
  CHECK(set(api, std::nullopt, json::value("false")).outcome == ChangeOutcome::written);
  CHECK(api.sent(3).at_pointer("/metadata/resourceVersion") == "6");

  api.server.then(answer(200, object("", 8)));
  api.server.then(refuse(409, "Conflict", "modified"));
  api.server.then(answer(200, object("true", 9)));
  CHECK(set(api, std::nullopt, json::value("false")).outcome == ChangeOutcome::foreign);
  CHECK(api.verbs() == "GET PATCH GET PATCH GET PATCH GET");
}

TEST_CASE("a lost answer is settled by reading") {
  Api api;
  api.server.then(answer(200, object("", 5)));
  api.server.then(close_unanswered());
  api.server.then(answer(200, object("false", 6)));
  const FieldResult result = set(api, std::nullopt, json::value("false"));
  CHECK(result.outcome == ChangeOutcome::written);
  REQUIRE(result.error.has_value());
  CHECK(result.error->kind == ApiError::Kind::ambiguous);
  CHECK(api.verbs() == "GET PATCH GET");
}

TEST_CASE("a refusal ends it at once and says why") {
  Api api;
  api.server.then(answer(200, object("", 5)));
  api.server.then(refuse(403, "Forbidden", "services \"api\" is forbidden"));
  const FieldResult result = set(api, std::nullopt, json::value("false"));
  CHECK(result.outcome == ChangeOutcome::failed);
  REQUIRE(result.error.has_value());
  CHECK(to_string(*result.error).find("is forbidden") != std::string::npos);
  CHECK(api.verbs() == "GET PATCH");
}

TEST_CASE("a field further down is reached through maps that may be absent") {
  Api api;
  const std::string daemon_set = R"({"metadata":{"uid":"d-1","resourceVersion":"1"},"spec":{"template":{}}})";
  api.server.then(answer(200, daemon_set));
  api.server.then(answer(200, daemon_set));
  FieldChange change;
  change.uid = "d-1";
  change.path = {"spec", "template", "spec", "nodeSelector", "meshdrill.io/nowhere"};
  change.wanted = json::value("true");
  run(api.io, set_field(api.client, ObjectRef(daemon_sets(), "ingress", "nginx"), change));
  CHECK(api.sent(1).at("spec") ==
        json::parse(R"({"template":{"spec":{"nodeSelector":{"meshdrill.io/nowhere":"true"}}}})"));
  CHECK(to_string(change.path) == "spec.template.spec.nodeSelector[meshdrill.io/nowhere]");
}

TEST_CASE("only scalars are written") {
  Api api;
  const FieldResult result = set(api, std::nullopt, json::object{});
  CHECK(result.outcome == ChangeOutcome::failed);
  REQUIRE(result.error.has_value());
  CHECK(result.error->kind == ApiError::Kind::invalid);
  CHECK(api.server.seen().empty());
}

TEST_CASE("a trial changes nothing") {
  Api api;
  api.server.then(answer(200, object("false", 5)));
  const auto tried = run(api.io, try_field(api.client, service, annotation_field("service.cilium.io/shared"),
                                           json::value("false")));
  CHECK(tried.has_value());
  CHECK(api.server.seen().at(0).target == "/api/v1/namespaces/shop/services/api?dryRun=All");
}
