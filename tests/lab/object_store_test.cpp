#include "lab/api/object_store.hpp"

#include "lab/api/json_access.hpp"
#include "lab/api/timestamps.hpp"

#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace meshdrill::lab;

namespace {

Object object(std::string_view text) {
  return boost::json::parse({text.data(), text.size()}).as_object();
}

Object named(const std::string& name) {
  return object(R"({"metadata":{"namespace":"default","name":")" + name + R"("},"spec":{"replicas":2}})");
}

std::string uid_of(const ObjectPtr& stored) {
  return std::string(text_at(*stored, {"metadata", "uid"}));
}

std::string version_of(const ObjectPtr& stored) {
  return std::string(text_at(*stored, {"metadata", "resourceVersion"}));
}

}  // namespace

TEST_CASE("a created object gets what the server owns") {
  ObjectStore store;
  const auto stored = store.create("deployments", named("web"));
  REQUIRE(stored);
  CHECK(uid_of(*stored).size() == 36);
  CHECK(uid_of(*stored)[14] == '4');
  CHECK(version_of(*stored) == std::to_string(store.resource_version()));
  CHECK(integer_at(**stored, {"metadata", "generation"}) == 1);
  CHECK(parse_timestamp(text_at(**stored, {"metadata", "creationTimestamp"})));
  CHECK(store.get("deployments", "default", "web") == *stored);
}

TEST_CASE("a second object of the same name is refused") {
  ObjectStore store;
  REQUIRE(store.create("deployments", named("web")));
  const auto again = store.create("deployments", named("web"));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == 409);
  CHECK(again.error().reason == "AlreadyExists");
  CHECK(again.error().message == R"(deployments.apps "web" already exists)");
}

TEST_CASE("generateName becomes a fresh name each time") {
  ObjectStore store;
  const Object draft = object(R"({"metadata":{"namespace":"default","generateName":"web-"}})");
  const auto first = store.create("pods", draft);
  const auto second = store.create("pods", draft);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(name_of(**first).starts_with("web-"));
  CHECK(name_of(**first).size() == 9);
  CHECK(name_of(**first) != name_of(**second));
}

TEST_CASE("an update counts generations only when the spec changed") {
  ObjectStore store;
  REQUIRE(store.create("deployments", named("web")));
  Object labelled = named("web");
  object_at(labelled, {"metadata", "labels"})["app"] = "web";
  const auto first = store.update("deployments", labelled);
  REQUIRE(first);
  CHECK(integer_at(**first, {"metadata", "generation"}) == 1);

  object_at(labelled, {"spec"})["replicas"] = 3;
  const auto second = store.update("deployments", labelled);
  REQUIRE(second);
  CHECK(integer_at(**second, {"metadata", "generation"}) == 2);
  CHECK(uid_of(*first) == uid_of(*second));
}

TEST_CASE("a write that changes nothing is no change") {
  ObjectStore store;
  const auto created = store.create("deployments", named("web"));
  int changes = 0;
  const auto subscription = store.subscribe([&](const Change&) { ++changes; });
  const auto same = store.update("deployments", named("web"));
  REQUIRE(same);
  CHECK(version_of(*same) == version_of(*created));
  CHECK(changes == 0);
}

TEST_CASE("an update with a stale version or another uid is a conflict") {
  ObjectStore store;
  const auto created = store.create("deployments", named("web"));
  REQUIRE(store.modify("deployments", "default", "web",
                       [](Object& web) { object_at(web, {"spec"})["replicas"] = 5; }));

  const auto stale = store.update("deployments", **created);
  REQUIRE_FALSE(stale);
  CHECK(stale.error().code == 409);
  CHECK(stale.error().reason == "Conflict");
  CHECK(stale.error().message ==
        R"(Operation cannot be fulfilled on deployments.apps "web": the object has been modified; )"
        "please apply your changes to the latest version and try again");

  Object other = named("web");
  object_at(other, {"metadata"})["uid"] = "00000000-0000-4000-8000-000000000000";
  const auto foreign = store.update("deployments", other);
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == 409);
  CHECK(integer_at(*store.get("deployments", "default", "web"), {"spec", "replicas"}) == 5);
}

TEST_CASE("what is not there can be neither changed nor removed") {
  ObjectStore store;
  CHECK(store.update("deployments", named("web")).error().code == 404);
  CHECK(store.modify("deployments", "default", "web", [](Object&) {}).error().code == 404);
  const auto removed = store.remove("pods", "default", "web");
  CHECK(removed.error().message == R"(pods "web" not found)");
}

TEST_CASE("a list is ordered and keeps to its namespace") {
  ObjectStore store;
  for (const std::string ns : {"b", "a"}) {
    for (const std::string name : {"two", "one"}) {
      REQUIRE(store.create("pods",
                           object(R"({"metadata":{"namespace":")" + ns + R"(","name":")" + name + R"("}})")));
    }
  }
  CHECK(store.list("pods", "a").size() == 2);
  CHECK(store.list("services").empty());
  std::string order;
  for (const ObjectPtr& pod : store.list("pods")) {
    order.append(namespace_of(*pod)).append("/").append(name_of(*pod)).append(" ");
  }
  CHECK(order == "a/one a/two b/one b/two ");
}

TEST_CASE("a dry run answers as the write would and stores nothing") {
  ObjectStore store;
  const auto created = store.create("pods", named("web"), WriteMode::dry_run);
  REQUIRE(created);
  CHECK_FALSE(uid_of(*created).empty());
  CHECK(store.list("pods").empty());

  REQUIRE(store.create("pods", named("web")));
  const std::uint64_t before = store.resource_version();
  Object changed = named("web");
  object_at(changed, {"spec"})["replicas"] = 9;
  const auto updated = store.update("pods", changed, WriteMode::dry_run);
  REQUIRE(updated);
  CHECK(integer_at(**updated, {"spec", "replicas"}) == 9);
  CHECK(store.resource_version() == before);
}

TEST_CASE("dependents go with their last owner") {
  ObjectStore store;
  const auto owner = [&](const char* resource, const Object& draft) {
    return uid_of(*store.create(resource, draft));
  };
  const auto owned = [](const std::string& name, const std::vector<std::string>& uids) {
    Object draft = named(name);
    boost::json::array references;
    for (const std::string& uid : uids) references.push_back(Object{{"uid", uid}});
    object_at(draft, {"metadata"})["ownerReferences"] = references;
    return draft;
  };
  const std::string deployment = owner("deployments", named("web"));
  const std::string other = owner("deployments", named("other"));
  const std::string set = owner("replicasets", owned("web-1", {deployment}));
  owner("pods", owned("web-1-a", {set}));
  owner("pods", owned("shared", {set, other}));

  REQUIRE(store.remove("deployments", "default", "web"));
  CHECK(store.list("replicasets").empty());
  REQUIRE(store.list("pods").size() == 1);
  CHECK(name_of(*store.list("pods")[0]) == "shared");
  REQUIRE(store.remove("deployments", "default", "other"));
  CHECK(store.list("pods").empty());
}

TEST_CASE("listeners hear of changes in the order of versions even when they write themselves") {
  ObjectStore store;
  std::vector<std::string> heard;
  const auto writer = store.subscribe([&](const Change& change) {
    if (change.resource == "deployments") CHECK(store.create("pods", named("web-1")));
  });
  const auto reader = store.subscribe([&](const Change& change) { heard.push_back(change.resource); });
  REQUIRE(store.create("deployments", named("web")));
  CHECK(heard == std::vector<std::string>{"deployments", "pods"});
}

TEST_CASE("a listener hears nothing before its time and nothing after its end") {
  ObjectStore store;
  int heard = 0;
  ObjectStore::Subscription late;
  auto early = store.subscribe([&](const Change&) {
    if (!late) late = store.subscribe([&](const Change&) { ++heard; });
  });
  REQUIRE(store.create("pods", named("a")));
  CHECK(heard == 0);
  REQUIRE(store.create("pods", named("b")));
  CHECK(heard == 1);
  late.reset();
  early.reset();
  REQUIRE(store.create("pods", named("c")));
  CHECK(heard == 1);
}

TEST_CASE("changes can be read again until they fall out of the history") {
  ObjectStore store(3);
  const std::uint64_t start = store.resource_version();
  REQUIRE(store.changes_since(start));
  CHECK(store.changes_since(start)->empty());
  for (const char* name : {"a", "b", "c"}) REQUIRE(store.create("pods", named(name)));
  REQUIRE(store.changes_since(start));
  CHECK(store.changes_since(start)->size() == 3);
  REQUIRE(store.remove("pods", "default", "a"));
  CHECK_FALSE(store.changes_since(start));
  const auto rest = store.changes_since(start + 1);
  REQUIRE(rest);
  REQUIRE(rest->size() == 3);
  CHECK(rest->back().type == Change::Type::deleted);
  CHECK(version_of(rest->back().object) == std::to_string(store.resource_version()));
  CHECK(rest->back().previous != nullptr);
}
