#include "lab/api/api_handler.hpp"
#include "lab/api/selectors.hpp"
#include "lab/api/tables.hpp"
#include "lab/api/timestamps.hpp"
#include "lab/api_fixture.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace meshdrill::lab;
using namespace std::chrono_literals;

namespace {

bool selected(std::string_view selector) {
  const Object object = parse_object(R"({"metadata":{"labels":{"app":"web","tier":"front"}}})");
  const auto selects = parse_label_selector(selector);
  REQUIRE(selects);
  return (*selects)(object);
}

void fill(Api& api, int count) {
  for (int i = 0; i < count; ++i) {
    Object map = parse_object(R"({"metadata":{"labels":{"app":"web"}}})");
    object_at(map, {"metadata"})["name"] = "m" + std::to_string(i);
    api.post("/api/v1/namespaces/default/configmaps", map);
  }
}

// The type and name of each event in lines of a watch.
std::vector<std::string> events(const std::string& lines) {
  std::vector<std::string> found;
  std::size_t begin = 0;
  while (begin < lines.size()) {
    const std::size_t end = lines.find('\n', begin);
    REQUIRE(end != std::string::npos);
    const Object event = parse_object(lines.substr(begin, end - begin));
    found.push_back(std::string(text_at(event, {"type"})) + " " +
                    std::string(text_at(event, {"object", "metadata", "name"})));
    begin = end + 1;
  }
  return found;
}

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("label selectors") {
  CHECK(selected(""));
  CHECK(selected("app=web"));
  CHECK(selected("app==web,tier!=back"));
  CHECK_FALSE(selected("app=web,tier=back"));
  CHECK(selected("app in (web, api),tier notin (back)"));
  CHECK(selected("missing notin (a)"));
  CHECK(selected("missing!=a"));
  CHECK(selected("app,!missing"));
  CHECK_FALSE(selected("!app"));
  CHECK_FALSE(parse_label_selector("app in web"));
  CHECK_FALSE(parse_label_selector("a b"));
}

TEST_CASE("field selectors know their fields") {
  Api api;
  fill(api, 3);
  const Object one = api.ask("GET", "/api/v1/configmaps?fieldSelector=metadata.name%3Dm1");
  CHECK(find_array(one, {"items"})->size() == 1);
  const Object others = api.ask("GET", "/api/v1/configmaps?fieldSelector=metadata.name%21%3Dm1");
  CHECK(find_array(others, {"items"})->size() == 2);
  api.ask("GET", "/api/v1/configmaps?fieldSelector=spec.color%3Dred");
  CHECK(api.status == 400);
}

TEST_CASE("a list is given page by page and says so when it went stale") {
  Api api;
  fill(api, 5);
  Object page = api.ask("GET", "/api/v1/configmaps?limit=2");
  const std::string version(text_at(page, {"metadata", "resourceVersion"}));
  CHECK(integer_at(page, {"metadata", "remainingItemCount"}) == 3);
  std::size_t seen = 2;
  std::string token(text_at(page, {"metadata", "continue"}));
  const std::string first = token;
  while (!token.empty()) {
    page = api.ask("GET", "/api/v1/configmaps?limit=2&continue=" + token);
    CHECK(text_at(page, {"metadata", "resourceVersion"}) == version);
    seen += find_array(page, {"items"})->size();
    token = text_at(page, {"metadata", "continue"});
  }
  CHECK(seen == 5);
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(api.store.modify("configmaps", "default", "m0",
                             [&](Object& map) { object_at(map, {"data"})["n"] = std::to_string(i); }));
  }
  api.ask("GET", "/api/v1/configmaps?limit=2&continue=" + first);
  CHECK(api.status == 410);
  api.ask("GET", "/api/v1/configmaps?continue=nonsense");
  CHECK(api.status == 400);
}

TEST_CASE("a list from the future times out") {
  Api api;
  const Object status = api.ask("GET", "/api/v1/configmaps?resourceVersion=99999");
  CHECK(api.status == 504);
  CHECK(text_at(status, {"message"}).find("Too large resource version") != std::string_view::npos);
}

TEST_CASE("a watch tells what is there and what changes") {
  Api api;
  fill(api, 1);
  const ApiResponse answer = api.send("GET", "/api/v1/configmaps?watch=true&labelSelector=app%3Dweb");
  REQUIRE(answer.watch);
  CHECK(events(answer.watch->next()) == Events{"ADDED m0"});
  CHECK(answer.watch->next().empty());
  fill(api, 2);  // the first of the two exists
  api.ask("PATCH", "/api/v1/namespaces/default/configmaps/m1", R"({"data":{"a":"b"}})", merge_patch);
  api.ask("PATCH", "/api/v1/namespaces/default/configmaps/m1", R"({"metadata":{"labels":{"app":"x"}}})",
          merge_patch);
  api.ask("DELETE", "/api/v1/namespaces/default/configmaps/m0");
  CHECK(events(answer.watch->next()) == Events{"ADDED m1", "MODIFIED m1", "DELETED m1", "DELETED m0"});
}

TEST_CASE("a watch goes on from a version and ends with 410 when that is too old") {
  Api api;
  fill(api, 1);
  const std::string version = std::to_string(api.store.resource_version());
  fill(api, 2);
  const std::string target = "/api/v1/configmaps?watch=1&allowWatchBookmarks=true&resourceVersion=" + version;
  const ApiResponse answer = api.send("GET", target);
  REQUIRE(answer.watch);
  CHECK(events(answer.watch->next()) == Events{"ADDED m1"});
  const Object bookmark = parse_object(answer.watch->bookmark());
  CHECK(text_at(bookmark, {"type"}) == "BOOKMARK");
  CHECK(text_at(bookmark, {"object", "metadata", "resourceVersion"}) ==
        std::to_string(api.store.resource_version()));

  for (int i = 0; i < 5000; ++i) {
    REQUIRE(api.store.modify("configmaps", "default", "m0",
                             [&](Object& map) { object_at(map, {"data"})["n"] = std::to_string(i); }));
  }
  const Object error = parse_object(answer.watch->next());
  CHECK(text_at(error, {"type"}) == "ERROR");
  CHECK(integer_at(error, {"object", "code"}) == 410);
  CHECK(answer.watch->ended());
  CHECK(answer.watch->next().empty());
  api.ask("GET", target);
  CHECK(api.status == 410);
}

TEST_CASE("a watch that wants the list in its stream is refused as by a server without that feature") {
  Api api;
  api.ask("GET", "/api/v1/configmaps?watch=true&sendInitialEvents=true");
  CHECK(api.status == 422);
}

TEST_CASE("tables have the columns people know") {
  Api api;
  api.accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  api.ask("POST", deployments, boost::json::serialize(deployment("web", 2)));
  const Object table = api.ask("GET", deployments);
  CHECK(text_at(table, {"kind"}) == "Table");
  std::string names;
  for (const auto& column : *find_array(table, {"columnDefinitions"})) {
    if (integer_at(column.as_object(), {"priority"}) == 0) {
      names.append(text_at(column.as_object(), {"name"})).append(" ");
    }
  }
  CHECK(names == "Name Ready Up-to-date Available Age ");
  const Object& row = find_array(table, {"rows"})->at(0).as_object();
  const boost::json::array& cells = row.at("cells").as_array();
  CHECK(cells.at(0).as_string() == "web");
  CHECK(cells.at(1).as_string() == "0/2");
  CHECK(text_at(row, {"object", "kind"}) == "PartialObjectMetadata");
}

TEST_CASE("ages are written as kubectl writes them") {
  CHECK(human_duration(5s) == "5s");
  CHECK(human_duration(119s) == "119s");
  CHECK(human_duration(125s) == "2m5s");
  CHECK(human_duration(11min) == "11m");
  CHECK(human_duration(3h + 20min) == "3h20m");
  CHECK(human_duration(30h) == "30h");
  CHECK(human_duration(72h) == "3d");
  CHECK(human_duration(-5s) == "0s");
}

TEST_CASE("times are written and read in UTC") {
  const auto time = parse_timestamp("2026-02-28T23:59:58.250000Z");
  REQUIRE(time);
  CHECK(to_timestamp(*time) == "2026-02-28T23:59:58Z");
  CHECK(*time - *parse_timestamp("2026-02-28T23:59:58Z") == 250ms);
  CHECK_FALSE(parse_timestamp("2026-02-30T00:00:00Z"));
  CHECK_FALSE(parse_timestamp("2026-02-28 00:00:00Z"));
  CHECK_FALSE(parse_timestamp("2026-02-28T00:00:00"));
  CHECK_FALSE(parse_timestamp("2026-02-28T00:00:00.Z"));
}
