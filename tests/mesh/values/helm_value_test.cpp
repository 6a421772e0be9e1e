#include "mesh/values/helm_value.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::mesh::values;

namespace {

HelmRead read(std::string_view text) {
  auto values = read_helm_values_text(text, "v.yaml");
  REQUIRE(values);
  return std::move(*values);
}

std::string as_json(std::string_view text) {
  return boost::json::serialize(to_json(read(text).values));
}

std::string refusal(std::string_view text) {
  const auto values = read_helm_values_text(text, "v.yaml");
  REQUIRE_FALSE(values);
  return to_string(values.error().front());
}

}  // namespace

TEST_CASE("scalars have the types that Helm gives them") {
  CHECK(as_json("a: [002, 010, 008, 'x', no, ~, 1.5, \"010\"]") ==
        R"({"a":[2E0,8E0,8E0,"x",false,null,1.5E0,"010"]})");
  const HelmRead values = read("id: 010\nname: no\n");
  CHECK(values.values.find("id")->integer() == 8);
  CHECK(values.values.find("id")->text == "010");
  CHECK(values.values.find("id")->where == Location{"v.yaml", 1, 5});
  CHECK_FALSE(read("id: 1.5").values.find("id")->integer());
  CHECK(read("id: 8.0").values.find("id")->integer() == 8);
}

TEST_CASE("keys become strings") {
  const HelmRead values = read("a: {no: 1, 010: 2, 'yes': 3}\n");
  CHECK(boost::json::serialize(to_json(values.values)) == R"({"a":{"false":1E0,"8":2E0,"yes":3E0}})");
  REQUIRE(values.findings.size() == 2);
  CHECK(to_string(values.findings.front()) ==
        "v.yaml:1:5: warning: Helm reads the key no as \"false\" [key-read-otherwise]\n  Put it in quotes.");
}

TEST_CASE("a merge key wins over what stands before it") {
  const std::string base = "base: &b {x: 1, z: 2}\n";
  CHECK(read(base + "m: {<<: *b, x: 5}").values.find("m.x")->integer() == 5);
  CHECK(read(base + "m: {<<: [*b, {x: 9, z: 1}]}").values.find("m.x")->integer() == 1);
  const HelmRead values = read(base + "m: {x: 5, <<: *b}");
  CHECK(values.values.find("m.x")->integer() == 1);
  REQUIRE(values.findings.size() == 1);
  CHECK(values.findings.front().rule == "merge-overrides");
}

TEST_CASE("what Helm refuses is refused with its place") {
  CHECK(refusal("a: .inf").find("v.yaml:1:4: error: Helm refuses the number .inf [yaml]") == 0);
  CHECK(refusal("{~: 1}").find("a key must be a plain word") != std::string::npos);
  CHECK(refusal("m: {<<: 1}").find("v.yaml:1:5: error: a merge key (<<) needs a map") == 0);
  CHECK(refusal("- a").find("Helm values are a map") != std::string::npos);
  CHECK(refusal("a: 1\na: 2").find("v.yaml:2:1: error: the key \"a\" stands here twice") == 0);
  CHECK(refusal("a: 1\n---\nb: 2").find("more than one YAML document") != std::string::npos);
}

TEST_CASE("a later file replaces lists and merges maps") {
  HelmValue values = read("a: {x: 1, l: [1, 2]}\nb: 1\n").values;
  merge_values(values, read("a: {z: 2, l: [3]}\nb: {c: 1}\n").values);
  CHECK(boost::json::serialize(to_json(values)) == R"({"a":{"x":1E0,"l":[3E0],"z":2E0},"b":{"c":1E0}})");
}

TEST_CASE("a map of many keys is read in no time") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  CHECK(read(text).values.entries.size() == 20'000);
}
