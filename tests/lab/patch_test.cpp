#include "lab/api/patch.hpp"

#include "lab/api_fixture.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace meshdrill::lab;

namespace {

std::string json_patched(std::string_view live, std::string_view patch) {
  const auto result = apply_json_patch(parse_object(live), parse(patch));
  return result ? boost::json::serialize(*result) : std::to_string(result.error().code);
}

std::string strategic(std::string_view live, std::string_view patch) {
  const auto result = apply_strategic_patch(parse_object(live), parse_object(patch));
  return result ? boost::json::serialize(*result) : result.error().message;
}

}  // namespace

TEST_CASE("JSON patch does the operations of RFC 6902") {
  CHECK(json_patched(R"({"a":1})", R"([{"op":"add","path":"/b","value":[1]}])") == R"({"a":1,"b":[1]})");
  CHECK(json_patched(R"({"a":[1,3]})", R"([{"op":"add","path":"/a/1","value":2}])") == R"({"a":[1,2,3]})");
  CHECK(json_patched(R"({"a":[1]})", R"([{"op":"add","path":"/a/-","value":2}])") == R"({"a":[1,2]})");
  CHECK(json_patched(R"({"a":1,"b":2})", R"([{"op":"remove","path":"/a"}])") == R"({"b":2})");
  CHECK(json_patched(R"({"a":[1,2]})", R"([{"op":"remove","path":"/a/0"}])") == R"({"a":[2]})");
  CHECK(json_patched(R"({"a":1})", R"([{"op":"replace","path":"/a","value":5}])") == R"({"a":5})");
  CHECK(json_patched(R"({"a":1})", R"([{"op":"move","from":"/a","path":"/b"}])") == R"({"b":1})");
  CHECK(json_patched(R"({"a":{"x":1}})", R"([{"op":"copy","from":"/a","path":"/b"}])") ==
        R"({"a":{"x":1},"b":{"x":1}})");
  CHECK(json_patched(R"({"a/b~":1})", R"([{"op":"replace","path":"/a~1b~0","value":2}])") == R"({"a/b~":2})");
  CHECK(json_patched(R"({"a":1})", R"([{"op":"test","path":"/a","value":1}])") == R"({"a":1})");
}

TEST_CASE("a JSON patch that does not fit is refused as a whole") {
  CHECK(json_patched(R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])") == "422");
  CHECK(json_patched(R"({"a":1})", R"([{"op":"test","path":"/b","value":2}])") == "422");
  CHECK(json_patched(R"({"a":1})", R"([{"op":"replace","path":"/b","value":2}])") == "422");
  CHECK(json_patched(R"({"a":1})", R"([{"op":"remove","path":"/a/b"}])") == "422");
  CHECK(json_patched(R"({"a":[1]})", R"([{"op":"remove","path":"/a/01"}])") == "422");
  CHECK(json_patched(R"({"a":[1]})", R"([{"op":"add","path":"/a/7","value":1}])") == "422");
  CHECK(json_patched(R"({"a":1})", R"([{"op":"frobnicate","path":"/a"}])") == "400");
  CHECK(json_patched(R"({"a":1})", R"([{"op":"add","path":"a","value":1}])") == "400");
  CHECK(json_patched(R"({"a":1})", R"({"a":2})") == "400");
}

TEST_CASE("a merge patch merges objects and replaces the rest") {
  const Object live = parse_object(R"({"a":{"b":1,"c":2},"l":[1,2]})");
  const Object merged =
      apply_merge_patch(live, parse_object(R"({"a":{"b":null,"d":{"e":null,"f":1}},"l":[3]})"));
  CHECK(merged == parse_object(R"({"a":{"c":2,"d":{"f":1}},"l":[3]})"));
}

TEST_CASE("a strategic patch merges keyed lists by their key") {
  CHECK(
      strategic(R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}})",
                R"({"spec":{"containers":[{"name":"b","image":"2"},{"name":"c","image":"3"}]}})") ==
      R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"},{"name":"c","image":"3"}]}})");
  CHECK(strategic(R"({"spec":{"ports":[{"port":80,"name":"x"}]}})",
                  R"({"spec":{"ports":[{"port":80,"name":"y"}]}})") ==
        R"({"spec":{"ports":[{"port":80,"name":"y"}]}})");
  CHECK(strategic(R"({"status":{"conditions":[{"type":"Ready","status":"False"}]}})",
                  R"({"status":{"conditions":[{"type":"Ready","status":"True"}]}})") ==
        R"({"status":{"conditions":[{"type":"Ready","status":"True"}]}})");
}

TEST_CASE("a strategic patch replaces lists that have no key") {
  CHECK(strategic(R"({"spec":{"containers":[{"name":"a","args":["1","2"]}]}})",
                  R"({"spec":{"containers":[{"name":"a","args":["3"]}]}})") ==
        R"({"spec":{"containers":[{"name":"a","args":["3"]}]}})");
}

TEST_CASE("directives of a strategic patch are obeyed and never stored") {
  CHECK(strategic(R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
                  R"({"spec":{"containers":[{"$patch":"delete","name":"a"}]}})") ==
        R"({"spec":{"containers":[{"name":"b"}]}})");
  CHECK(strategic(R"({"spec":{"volumes":[{"name":"a"}]}})",
                  R"({"spec":{"volumes":[{"name":"b"},{"$patch":"replace"}]}})") ==
        R"({"spec":{"volumes":[{"name":"b"}]}})");
  CHECK(strategic(R"({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}})",
                  R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})") ==
        R"({"spec":{"strategy":{"type":"Recreate"}}})");
  CHECK(strategic(R"({"metadata":{"finalizers":["a","b"]}})",
                  R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["c","b"]}})") ==
        R"({"metadata":{"finalizers":["b","c"]}})");
  CHECK(strategic(R"({"spec":{"volumes":[{"name":"a"},{"name":"b"}]}})",
                  R"({"spec":{"$setElementOrder/volumes":[{"name":"b"},{"name":"a"}]}})") ==
        R"({"spec":{"volumes":[{"name":"b"},{"name":"a"}]}})");
  CHECK(strategic(R"({"a":{"b":1}})", R"({"a":{"$patch":"replace","c":2}})") == R"({"a":{"c":2}})");
  CHECK(strategic(R"({"a":{"b":1},"c":null})", R"({"a":null})") == R"({"c":null})");
}

TEST_CASE("an item without its merge key is refused") {
  CHECK(strategic(R"({"spec":{"containers":[]}})", R"({"spec":{"containers":[{"image":"1"}]}})") ==
        R"(map: {"image":"1"} does not contain declared merge key: name)");
}
