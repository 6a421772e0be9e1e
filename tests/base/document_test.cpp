#include "base/document.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;

namespace {

std::string first_error(std::string_view text, const DocumentLimits& limits = {}) {
  const auto node = parse_document(text, "f.yaml", limits);
  REQUIRE_FALSE(node);
  return to_string(node.error().front());
}

}  // namespace

TEST_CASE("values keep their kind, their quotes and their place") {
  const auto root = parse_document("a: 010\nb: '010'\nlist:\n  - x\n  - ~\nmap: {k: v}\nempty:\n", "f.yaml");
  REQUIRE(root);
  REQUIRE(root->kind == Node::Kind::map);
  CHECK(root->find("a")->scalar == "010");
  CHECK_FALSE(root->find("a")->quoted);
  CHECK(root->find("b")->quoted);
  CHECK(root->find("list")->items.at(0).where == Location{"f.yaml", 4, 5});
  CHECK(root->find("list")->items.at(1).kind == Node::Kind::null);
  CHECK(root->find("map")->find("k")->scalar == "v");
  CHECK(root->find("empty")->kind == Node::Kind::null);
  CHECK(root->find("absent") == nullptr);
  CHECK(root->entries.at(2).key_where == Location{"f.yaml", 3, 1});
}

TEST_CASE("JSON is read as well") {
  const auto root = parse_document(R"({"a": [1, "two", {"b": null}]})", "f.json");
  REQUIRE(root);
  CHECK(root->find("a")->items.at(1).quoted);
  CHECK(root->find("a")->items.at(2).find("b")->kind == Node::Kind::null);
}

TEST_CASE("what YAML readers take silently is refused with its place") {
  CHECK(
      first_error("a: 1\nb: 2\na: 3\n") ==
      "f.yaml:3:1: error: the key \"a\" stands here twice\n  The first one's value is on line 1; keep one.");
  CHECK(first_error("a: 1\n---\nb: 2\n").find("f.yaml:3:1: error: the file holds more than one") == 0);
  CHECK(first_error("a: [1\n").find("f.yaml:2:1: error: this is not valid YAML") == 0);
  CHECK(first_error("? [x]\n: y\n").find("a key must be a plain word") != std::string::npos);
  CHECK(first_error("a: &x [*x]\n").find("an alias refers to the value that contains it") !=
        std::string::npos);
  CHECK(first_error("base: &b {k: 1}\nuse:\n  <<: *b\n").find("merge keys") != std::string::npos);
  CHECK(first_error("").find("the file is empty") != std::string::npos);
}

TEST_CASE("aliases are copied and counted") {
  const auto root = parse_document("a: &x {k: v}\nb: *x\n", "f.yaml");
  REQUIRE(root);
  CHECK(root->find("b")->find("k")->scalar == "v");
  // Each level holds the one before nine times over: 9^6 values from a few hundred bytes.
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 6; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) bomb += below + (j < 8 ? "," : "]\n");
  }
  CHECK(first_error(bomb).find("more than 50000 values") != std::string::npos);
}

TEST_CASE("size and depth are bounded") {
  CHECK(first_error("a: b\n", {.bytes = 3}).find("larger than 3 bytes") != std::string::npos);
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  CHECK(first_error(deep).find("nested more than 32 deep") != std::string::npos);
}

TEST_CASE("a file that cannot be read is one clear message") {
  const auto node = read_document("/nonexistent/mesh.yaml");
  REQUIRE_FALSE(node);
  CHECK(to_string(node.error().front()) ==
        "error: cannot read /nonexistent/mesh.yaml: No such file or directory");
}
