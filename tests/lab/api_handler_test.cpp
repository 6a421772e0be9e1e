#include "lab/api/api_handler.hpp"

#include "lab/api_fixture.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace meshdrill::lab;

namespace {

std::string_view message_of(const Object& status) {
  return text_at(status, {"message"});
}

}  // namespace

TEST_CASE("a cluster starts with its namespaces") {
  Api api;
  const Object list = api.ask("GET", "/api/v1/namespaces");
  CHECK(find_array(list, {"items"})->size() == 2);
  const Object system = api.ask("GET", "/api/v1/namespaces/kube-system");
  CHECK(text_at(system, {"metadata", "uid"}).size() == 36);
  CHECK(text_at(system, {"status", "phase"}) == "Active");
}

TEST_CASE("what is not served is not found and what is not allowed is refused") {
  Api api;
  CHECK(message_of(api.ask("GET", "/apis/keda.sh/v1/scaledobjects")) ==
        "the server could not find the requested resource");
  CHECK(api.status == 404);
  CHECK(message_of(api.ask("GET", web)) == R"(deployments.apps "web" not found)");
  api.ask("POST", web);
  CHECK(api.status == 405);
  api.ask("POST", deployments, "{}", "text/plain");
  CHECK(api.status == 415);
  api.ask("PATCH", web, "{}", "application/json");
  CHECK(api.status == 404);
  api.accept = "application/vnd.kubernetes.protobuf";
  api.ask("GET", deployments);
  CHECK(api.status == 406);
}

TEST_CASE("a created Deployment has the defaults of Kubernetes and no status from the client") {
  Api api;
  Object draft = deployment("web", 2);
  draft["status"] = Object{{"readyReplicas", 9}};
  object_at(draft, {"spec"}).erase("replicas");
  const Object made = api.post(deployments, draft);
  CHECK(api.status == 201);
  CHECK(integer_at(made, {"spec", "replicas"}) == 1);
  CHECK(text_at(made, {"spec", "strategy", "rollingUpdate", "maxSurge"}) == "25%");
  CHECK(text_at(made, {"metadata", "namespace"}) == "default");
  CHECK_FALSE(made.contains("status"));
}

TEST_CASE("a Service gets an address of its own and its ports' targets") {
  Api api;
  const auto make = [&](const std::string& name) {
    return api.post(
        "/api/v1/namespaces/default/services",
        parse_object(R"({"metadata":{"name":")" + name + R"("},"spec":{"ports":[{"port":8080}]}})"));
  };
  const Object one = make("one");
  const Object two = make("two");
  CHECK(text_at(one, {"spec", "clusterIP"}) == "172.30.0.2");
  CHECK(text_at(two, {"spec", "clusterIP"}) == "172.30.0.3");
  const Object port = find_array(one, {"spec", "ports"})->at(0).as_object();
  CHECK(port == parse_object(R"({"port":8080,"protocol":"TCP","targetPort":8080})"));
}

TEST_CASE("the plain text of a Secret is stored encoded") {
  Api api;
  const Object made =
      api.post("/api/v1/namespaces/default/secrets",
               parse_object(R"({"metadata":{"name":"s"},"stringData":{"a":"hello","b":""}})"));
  CHECK(text_at(made, {"data", "a"}) == "aGVsbG8=");
  CHECK(text_at(made, {"data", "b"}).empty());
  CHECK(text_at(made, {"type"}) == "Opaque");
  CHECK_FALSE(made.contains("stringData"));
}

TEST_CASE("objects that cannot be are refused in the words of Kubernetes") {
  Api api;
  Object draft = deployment("web", -1);
  CHECK(
      message_of(api.post(deployments, draft)) ==
      R"(Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0)");
  CHECK(api.status == 422);
  api.post(deployments, deployment("Web_1", 1));
  CHECK(api.status == 422);
  Object other = deployment("web", 1);
  object_at(other, {"spec", "template", "metadata"})["labels"] = Object{{"app", "other"}};
  CHECK(message_of(api.post(deployments, other)).find("`selector` does not match template `labels`") !=
        std::string_view::npos);
  draft = deployment("web", 1);
  object_at(draft, {"spec"})["replicas"] = "two";
  api.post(deployments, draft);
  CHECK(api.status == 400);
  api.ask("POST", deployments, "{nonsense");
  CHECK(api.status == 400);
  api.post("/api/v1/namespaces/default/pods", deployment("web", 1));
  CHECK(api.status == 400);
  CHECK(message_of(api.post("/apis/apps/v1/namespaces/nowhere/deployments", deployment("web", 1))) ==
        R"(namespaces "nowhere" not found)");
}

TEST_CASE("the selector of a Deployment never changes") {
  Api api;
  api.post(deployments, deployment("web", 1));
  const Object refused = api.ask("PATCH", web,
                                 R"({"spec":{"selector":{"matchLabels":{"app":"x"}},)"
                                 R"("template":{"metadata":{"labels":{"app":"x"}}}}})",
                                 merge_patch);
  CHECK(api.status == 422);
  CHECK(message_of(refused).find("field is immutable") != std::string_view::npos);
}

TEST_CASE("an update with a stale version is a conflict and one without is not") {
  Api api;
  Object first = api.post(deployments, deployment("web", 1));
  object_at(first, {"spec"})["replicas"] = 2;
  api.ask("PUT", web, boost::json::serialize(first));
  CHECK(api.status == 200);
  object_at(first, {"spec"})["replicas"] = 3;
  CHECK(message_of(api.ask("PUT", web, boost::json::serialize(first)))
            .starts_with("Operation cannot be fulfilled"));
  CHECK(api.status == 409);
  object_at(first, {"metadata"}).erase("resourceVersion");
  api.ask("PUT", web, boost::json::serialize(first));
  CHECK(api.status == 200);
}

TEST_CASE("status and the rest are written through different paths") {
  Api api;
  Object made = api.post(deployments, deployment("web", 1));
  made["status"] = Object{{"readyReplicas", 1}};
  object_at(made, {"spec"})["replicas"] = 7;
  api.ask("PUT", std::string(web) + "/status", boost::json::serialize(made));
  CHECK(api.status == 200);
  CHECK(integer_at(*api.live(), {"status", "readyReplicas"}) == 1);
  CHECK(integer_at(*api.live(), {"spec", "replicas"}) == 1);
  api.ask("PATCH", web, R"({"status":{"readyReplicas":5}})", merge_patch);
  CHECK(integer_at(*api.live(), {"status", "readyReplicas"}) == 1);
}

TEST_CASE("scale leaves zero out and can be written with and without conditions") {
  Api api;
  api.post(deployments, deployment("web", 2));
  Object scale = api.ask("GET", web_scale);
  CHECK(text_at(scale, {"kind"}) == "Scale");
  CHECK(integer_at(scale, {"spec", "replicas"}) == 2);
  CHECK(text_at(scale, {"status", "selector"}) == "app=web");

  object_at(scale, {"spec"})["replicas"] = 0;
  const Object zero = api.ask("PUT", web_scale, boost::json::serialize(scale));
  CHECK(api.status == 200);
  CHECK_FALSE(find_object(zero, {"spec"})->contains("replicas"));
  CHECK(integer_at(*api.live(), {"spec", "replicas"}) == 0);

  object_at(scale, {"spec"})["replicas"] = 2;
  api.ask("PUT", web_scale, boost::json::serialize(scale));  // the version is the one before
  CHECK(api.status == 409);
  object_at(scale, {"metadata"})["resourceVersion"] = "";
  api.ask("PUT", web_scale, boost::json::serialize(scale));
  CHECK(api.status == 200);
  object_at(scale, {"metadata"})["uid"] = "another";
  api.ask("PUT", web_scale, boost::json::serialize(scale));
  CHECK(api.status == 409);
  object_at(scale, {"metadata"})["uid"] = "";
  object_at(scale, {"spec"})["replicas"] = -1;
  api.ask("PUT", web_scale, boost::json::serialize(scale));
  CHECK(api.status == 422);
  // A zero is not there, so that a test for it cannot succeed.
  api.ask("PATCH", web_scale, R"({"spec":{"replicas":0}})", merge_patch);
  api.ask("PATCH", web_scale, R"([{"op":"test","path":"/spec/replicas","value":0}])", json_patch);
  CHECK(api.status == 422);
}

TEST_CASE("a dry run answers and changes nothing") {
  Api api;
  api.post(std::string(deployments) + "?dryRun=All", deployment("web", 2));
  CHECK(api.status == 201);
  CHECK(api.live() == nullptr);
  api.post(deployments, deployment("web", 2));
  const Object scaled =
      api.ask("PATCH", std::string(web_scale) + "?dryRun=All", R"({"spec":{"replicas":5}})", merge_patch);
  CHECK(integer_at(scaled, {"spec", "replicas"}) == 5);
  api.ask("DELETE", std::string(web) + "?dryRun=All");
  CHECK(api.status == 200);
  CHECK(integer_at(*api.live(), {"spec", "replicas"}) == 2);
}

TEST_CASE("what is denied is denied to reviews and requests alike") {
  Api api;
  api.post(deployments, deployment("web", 2));
  api.handler.access().deny({.user = "guest", .verb = "patch", .resource = "deployments/scale", .ns = {}});
  const auto may = [&](std::string_view verb, std::string_view subresource) {
    Object review = parse_object(R"({"spec":{"resourceAttributes":{"namespace":"default","group":"apps",
      "resource":"deployments"}}})");
    object_at(review, {"spec", "resourceAttributes"})["verb"] = verb;
    object_at(review, {"spec", "resourceAttributes"})["subresource"] = subresource;
    const Object answer = api.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review);
    return find_value(answer, {"status", "allowed"})->as_bool();
  };
  api.user = "guest";
  CHECK_FALSE(may("patch", "scale"));
  CHECK(may("update", "scale"));
  CHECK(may("patch", ""));
  const Object refused = api.ask("PATCH", web_scale, R"({"spec":{"replicas":5}})", merge_patch);
  CHECK(api.status == 403);
  CHECK(message_of(refused) == R"(deployments.apps "web" is forbidden: User "guest" cannot patch resource )"
                               R"("deployments/scale" in API group "apps" in the namespace "default")");
  api.user = "admin";
  CHECK(may("patch", "scale"));
}

TEST_CASE("a review in Protocol Buffers is understood") {
  Api api;
  api.handler.access().deny({.user = {}, .verb = "patch", .resource = "deployments/scale", .ns = {}});
  // As kubectl 1.32 sent it for `auth can-i patch deployments/scale`.
  const std::string attributes = std::string("\x0a\x07") + "default" + "\x12\x05patch" + "\x1a\x04" + "apps" +
                                 "\x2a\x0b" + "deployments" + "\x32\x05scale";
  const std::string spec = "\x0a" + std::string(1, static_cast<char>(attributes.size())) + attributes;
  const std::string raw =
      std::string("\x0a\x00", 2) + "\x12" + std::string(1, static_cast<char>(spec.size())) + spec;
  const std::string type =
      std::string("\x0a\x17") + "authorization.k8s.io/v1" + "\x12\x17" + "SelfSubjectAccessReview";
  const std::string body = std::string("k8s\0", 4) + "\x0a" + std::string(1, static_cast<char>(type.size())) +
                           type + "\x12" + std::string(1, static_cast<char>(raw.size())) + raw;
  const Object answer = api.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body,
                                "application/vnd.kubernetes.protobuf");
  CHECK(api.status == 201);
  CHECK(text_at(answer, {"spec", "resourceAttributes", "subresource"}) == "scale");
  CHECK_FALSE(find_value(answer, {"status", "allowed"})->as_bool());
  api.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body.substr(0, body.size() - 3),
          "application/vnd.kubernetes.protobuf");
  CHECK(api.status == 400);
}

TEST_CASE("a Lease demands times with six digits") {
  Api api;
  const auto make = [&](std::string_view time) {
    Object lease = parse_object(
        R"({"metadata":{"name":"drill"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}})");
    object_at(lease, {"spec"})["renewTime"] = time;
    api.post("/apis/coordination.k8s.io/v1/namespaces/default/leases", lease);
    return api.status;
  };
  CHECK(make("2026-01-02T03:04:05Z") == 400);
  CHECK(make("2026-01-02T03:04:05.123Z") == 400);
  CHECK(make("yesterday") == 400);
  CHECK(make("2026-01-02T03:04:05.000123Z") == 201);
}

TEST_CASE("both kinds of event are one") {
  Api api;
  api.post("/apis/events.k8s.io/v1/namespaces/default/events",
           parse_object(R"({"metadata":{"name":"e"},"eventTime":"2026-01-02T03:04:05.000123Z","note":"hello",
             "reason":"Drill","type":"Normal","regarding":{"kind":"Deployment","name":"web"}})"));
  CHECK(api.status == 201);
  const Object core = api.ask("GET", "/api/v1/namespaces/default/events/e");
  CHECK(text_at(core, {"message"}) == "hello");
  CHECK(text_at(core, {"involvedObject", "name"}) == "web");
  const Object list =
      api.ask("GET", "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dweb");
  CHECK(find_array(list, {"items"})->size() == 1);
}

TEST_CASE("a deletion can be made conditional and leave dependents alone") {
  Api api;
  const Object made = api.post(deployments, deployment("web", 1));
  const std::string uid(text_at(made, {"metadata", "uid"}));
  Object owned =
      parse_object(R"({"metadata":{"name":"p","ownerReferences":[{"kind":"Deployment","name":"web"}]},
    "spec":{"containers":[{"name":"c","image":"i"}]}})");
  object_at(owned, {"metadata"})["ownerReferences"].as_array()[0].as_object()["uid"] = uid;
  api.post("/api/v1/namespaces/default/pods", owned);

  api.ask("DELETE", web, R"({"preconditions":{"uid":"another"}})");
  CHECK(api.status == 409);
  const Object done =
      api.ask("DELETE", web, R"({"propagationPolicy":"Orphan","preconditions":{"uid":")" + uid + "\"}}");
  CHECK(api.status == 200);
  CHECK(text_at(done, {"details", "uid"}) == uid);
  const ObjectPtr pod = api.store.get("pods", "default", "p");
  REQUIRE(pod);
  CHECK(find_value(*pod, {"metadata", "ownerReferences"}) == nullptr);
}

TEST_CASE("a Pod on a node is left to its kubelet unless no grace is given") {
  Api api;
  const std::string pods = "/api/v1/namespaces/default/pods";
  api.post(
      pods,
      parse_object(
          R"({"metadata":{"name":"p"},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]}})"));
  const Object going = api.ask("DELETE", pods + "/p");
  CHECK(api.status == 200);
  CHECK_FALSE(text_at(going, {"metadata", "deletionTimestamp"}).empty());
  CHECK(api.store.get("pods", "default", "p"));
  api.ask("DELETE", pods + "/p", R"({"gracePeriodSeconds":0})");
  CHECK_FALSE(api.store.get("pods", "default", "p"));
}

TEST_CASE("a namespace goes with all it holds and the two first ones never") {
  Api api;
  api.post("/api/v1/namespaces", parse_object(R"({"metadata":{"name":"shop"}})"));
  api.post("/apis/apps/v1/namespaces/shop/deployments", deployment("web", 1));
  CHECK(api.status == 201);
  api.ask("DELETE", "/api/v1/namespaces/shop");
  CHECK(api.status == 200);
  CHECK(api.store.list("deployments").empty());
  api.ask("DELETE", "/api/v1/namespaces/default");
  CHECK(api.status == 403);
}

TEST_CASE("a collection is deleted by label") {
  Api api;
  for (const char* name : {"a", "b", "c"}) {
    Object map = parse_object(R"({"metadata":{"labels":{"app":"x"}}})");
    object_at(map, {"metadata"})["name"] = name;
    if (*name == 'c') object_at(map, {"metadata", "labels"})["app"] = "y";
    api.post("/api/v1/namespaces/default/configmaps", map);
  }
  api.ask("DELETE", "/api/v1/namespaces/default/configmaps?labelSelector=app%3Dx");
  CHECK(api.status == 200);
  CHECK(api.store.list("configmaps").size() == 1);
}

TEST_CASE("a manifest in YAML is read as kubectl would") {
  Api api;
  api.ask(
      "POST", "/api/v1/namespaces/default/configmaps",
      "kind: ConfigMap\napiVersion: v1\nmetadata: {name: m}\ndata:\n  n: \"8080\"\n  text: |\n    hello\n",
      "application/yaml");
  CHECK(api.status == 201);
  CHECK(text_at(*api.store.get("configmaps", "default", "m"), {"data", "n"}) == "8080");
  CHECK(text_at(*api.store.get("configmaps", "default", "m"), {"data", "text"}) == "hello\n");
}

TEST_CASE("the lab applies through the same door") {
  Api api;
  const auto applied = api.handler.apply(deployment("web", 2), "helm");
  REQUIRE(applied);
  CHECK(text_at(**applied, {"spec", "strategy", "type"}) == "RollingUpdate");
  CHECK(api.handler.apply(parse_object(R"({"apiVersion":"keda.sh/v1","kind":"ScaledObject"})"), "x")
            .error()
            .code == 400);
}
