#include "lab/api/managed_fields.hpp"

#include "lab/api_fixture.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace meshdrill::lab;

namespace {

// The managers of .spec.replicas, each as "helm Apply".
std::vector<std::string> owners_of_replicas(const Object& object) {
  std::vector<std::string> owners;
  const auto entries = read_managed_fields(object);
  REQUIRE(entries);
  for (const ManagerEntry& entry : *entries) {
    const auto paths = entry.fields.paths();
    if (std::ranges::find(paths, ".spec.replicas") == paths.end()) continue;
    owners.push_back(entry.manager + (entry.operation == Operation::apply ? " Apply" : " Update"));
  }
  return owners;
}

using Owners = std::vector<std::string>;

boost::json::value managed_fields(const Api& api) {
  return *find_value(*api.live(), {"metadata", "managedFields"});
}

}  // namespace

TEST_CASE("fieldsV1 is read back as it was written") {
  const FieldSet set = FieldSet::of(deployment("web", 2));
  CHECK(FieldSet::from_json(set.to_json()) == set);
  const std::vector<std::string> paths = set.paths();
  for (const char* path :
       {".spec.replicas", ".spec.selector", ".metadata.labels.app",
        R"(.spec.template.spec.containers[name="web"])",
        R"(.spec.template.spec.containers[name="web"].image)",
        R"(.spec.template.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"])"}) {
    CHECK_MESSAGE(std::ranges::find(paths, path) != paths.end(), path);
  }
  CHECK(std::ranges::find(paths, ".metadata.name") == paths.end());
  CHECK(std::ranges::find(paths, ".kind") == paths.end());
}

TEST_CASE("who creates an object owns its fields") {
  Api api;
  api.post(deployments, deployment("web", 2));
  CHECK(owners_of_replicas(*api.live()) == Owners{"tester Update"});
}

TEST_CASE("an update takes only what it changes") {
  Api api;
  api.post(std::string(deployments) + "?fieldManager=maker", deployment("web", 2));
  api.ask("PATCH", std::string(web) + "?fieldManager=other", R"({"spec":{"replicas":2}})", merge_patch);
  CHECK(owners_of_replicas(*api.live()) == Owners{"maker Update"});
  api.ask("PATCH", std::string(web) + "?fieldManager=other", R"({"spec":{"replicas":3}})", merge_patch);
  CHECK(owners_of_replicas(*api.live()) == Owners{"other Update"});
}

TEST_CASE("an apply of another value conflicts and force settles it") {
  Api api;
  api.apply_web(deployment("web", 3), "helm");
  CHECK(api.status == 201);
  const Object refused = api.apply_web(deployment("web", 5), "argocd");
  CHECK(api.status == 409);
  CHECK(text_at(refused, {"reason"}) == "Conflict");
  CHECK(text_at(refused, {"message"}) ==
        R"(Apply failed with 1 conflict: conflict with "helm": .spec.replicas)");
  CHECK(text_at(find_array(refused, {"details", "causes"})->at(0).as_object(), {"field"}) ==
        ".spec.replicas");
  CHECK(owners_of_replicas(*api.live()) == Owners{"helm Apply"});

  api.apply_web(deployment("web", 5), "argocd", true);
  CHECK(api.status == 200);
  CHECK(owners_of_replicas(*api.live()) == Owners{"argocd Apply"});
  CHECK(integer_at(*api.live(), {"spec", "replicas"}) == 5);
}

TEST_CASE("an apply of the same value shares the field") {
  Api api;
  api.apply_web(deployment("web", 3), "helm");
  api.apply_web(deployment("web", 3), "argocd");
  CHECK(api.status == 200);
  CHECK(owners_of_replicas(*api.live()).size() == 2);
}

TEST_CASE("an apply that changes nothing leaves the object's version") {
  Api api;
  api.apply_web(deployment("web", 3), "helm");
  const auto version = api.store.resource_version();
  api.apply_web(deployment("web", 3), "helm");
  CHECK(api.status == 200);
  CHECK(api.store.resource_version() == version);
}

TEST_CASE("a field that is no longer applied goes unless somebody else holds it") {
  Api api;
  Object config = deployment("web", 3);
  object_at(config, {"metadata", "annotations"})["mine"] = "1";
  object_at(config, {"metadata", "annotations"})["ours"] = "1";
  api.apply_web(config, "helm");
  Object other = parse_object(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}})");
  object_at(other, {"metadata", "annotations"})["ours"] = "1";
  api.apply_web(other, "argocd");
  CHECK(api.status == 200);

  api.apply_web(deployment("web", 3), "helm");
  CHECK(text_at(*api.live(), {"metadata", "annotations", "mine"}).empty());
  CHECK(text_at(*api.live(), {"metadata", "annotations", "ours"}) == "1");
}

TEST_CASE("replicas default to one when their last owner drops them") {
  Api api;
  api.apply_web(deployment("web", 3), "helm");
  Object without = deployment("web", 3);
  object_at(without, {"spec"}).erase("replicas");
  api.apply_web(without, "helm");
  CHECK(integer_at(*api.live(), {"spec", "replicas"}) == 1);
  CHECK(owners_of_replicas(*api.live()).empty());
}

TEST_CASE("a container that is no longer applied goes") {
  Api api;
  Object two = deployment("web", 1);
  object_at(two, {"spec", "template", "spec"})["containers"].as_array().push_back(
      parse(R"({"name":"sidecar","image":"s:1"})"));
  api.apply_web(two, "helm");
  CHECK(find_array(*api.live(), {"spec", "template", "spec", "containers"})->size() == 2);
  api.apply_web(deployment("web", 1), "helm");
  CHECK(find_array(*api.live(), {"spec", "template", "spec", "containers"})->size() == 1);
}

// Seen on Kubernetes 1.36: a write through /scale leaves spec.replicas without an owner.
TEST_CASE("a write through scale takes replicas from the applier and gives them to nobody") {
  Api api;
  api.apply_web(deployment("web", 3), "helm");
  api.ask("PATCH", web_scale, R"({"spec":{"replicas":0}})", merge_patch);
  CHECK(api.status == 200);
  CHECK(owners_of_replicas(*api.live()).empty());
  api.apply_web(deployment("web", 4), "helm");
  CHECK(api.status == 200);
  CHECK(integer_at(*api.live(), {"spec", "replicas"}) == 4);
}

TEST_CASE("ownership is handed back by a patch that names the object's version") {
  Api api;
  api.apply_web(deployment("web", 3), "helm");
  const boost::json::value before = managed_fields(api);
  api.ask("PATCH", std::string(web) + "?fieldManager=drill", R"({"spec":{"replicas":0}})", merge_patch);
  const std::string stale(text_at(*api.live(), {"metadata", "resourceVersion"}));
  api.ask("PATCH", std::string(web) + "?fieldManager=drill", R"({"spec":{"replicas":3}})", merge_patch);
  CHECK(owners_of_replicas(*api.live()) == Owners{"drill Update"});
  api.apply_web(deployment("web", 4), "helm");
  CHECK(api.status == 409);

  const auto hand_back = [&](const std::string& version) {
    const boost::json::array patch{
        Object{{"op", "replace"}, {"path", "/metadata/managedFields"}, {"value", before}},
        Object{{"op", "replace"}, {"path", "/metadata/resourceVersion"}, {"value", version}}};
    api.ask("PATCH", std::string(web) + "?fieldManager=drill", boost::json::serialize(patch), json_patch);
  };
  hand_back(stale);
  CHECK(api.status == 409);
  hand_back(std::string(text_at(*api.live(), {"metadata", "resourceVersion"})));
  CHECK(api.status == 200);
  CHECK(owners_of_replicas(*api.live()) == Owners{"helm Apply"});
  api.apply_web(deployment("web", 4), "helm");
  CHECK(api.status == 200);
}

TEST_CASE("a single empty entry clears all ownership") {
  Api api;
  api.apply_web(deployment("web", 3), "helm");
  api.ask("PATCH", web, R"({"metadata":{"managedFields":[{}]}})", merge_patch);
  CHECK(api.status == 200);
  CHECK(find_value(*api.live(), {"metadata", "managedFields"}) == nullptr);
}

TEST_CASE("a malformed managedFields is ignored") {
  Api api;
  api.apply_web(deployment("web", 3), "helm");
  const boost::json::value before = managed_fields(api);
  api.ask("PATCH", web, R"({"metadata":{"managedFields":[{"manager":"x","operation":"Guess"}]}})",
          merge_patch);
  CHECK(api.status == 200);
  CHECK(managed_fields(api) == before);
}

TEST_CASE("server-side apply by kubectl takes over what it applied on the client side before") {
  Api api;
  Object config = deployment("web", 3);
  object_at(config, {"metadata", "annotations"})["kubectl.kubernetes.io/last-applied-configuration"] =
      boost::json::serialize(deployment("web", 3));
  api.post(std::string(deployments) + "?fieldManager=kubectl-client-side-apply", config);
  api.apply_web(deployment("web", 5), "helm");
  CHECK(api.status == 409);
  api.apply_web(deployment("web", 5), "kubectl");
  CHECK(api.status == 200);
  CHECK(owners_of_replicas(*api.live()) == Owners{"kubectl Apply"});
}

TEST_CASE("an apply needs a manager and no managedFields of its own") {
  Api api;
  const std::string body = boost::json::serialize(deployment("web", 3));
  api.ask("PATCH", web, body, apply_patch);
  CHECK(api.status == 422);
  Object owned = deployment("web", 3);
  object_at(owned, {"metadata"})["managedFields"] = boost::json::array();
  const Object refused = api.apply_web(owned, "helm");
  CHECK(text_at(refused, {"message"}) == "metadata.managedFields must be nil");
}
