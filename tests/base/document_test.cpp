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
  CHECK(first_error("a: 1\nb: 2\na: 3\n") ==
        "f.yaml:3:1: error: the key \"a\" stands here twice\n  The first one is on line 1; keep one.");
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

TEST_CASE("all places of a file share its name") {
  for (const char* text : {"a: [1, 2]\n", "a: !!str 1\n"}) {  // read in one pass, and by yaml-cpp
    CAPTURE(text);
    const auto node = parse_document(text, "a-name-that-does-not-fit-into-a-string-itself.yaml");
    REQUIRE(node);
    const Node::Entry& entry = node->entries.at(0);
    CHECK(&entry.key_where.file.str() == &node->where.file.str());
    CHECK(&entry.value.where.file.str() == &node->where.file.str());
  }
}

TEST_CASE("a long file may have as many values as it has room for") {
  std::string list = "[";
  for (int i = 0; i < 60'000; ++i) list += "10.1.2.3, ";
  list += "]\n";
  const auto node = parse_document(list, "f.yaml");
  REQUIRE(node);
  CHECK(node->items.size() == 60'000);
  // Padding does not pay.
  std::string bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: [";
  for (int i = 0; i < 60'000; ++i) bomb += "*a,      ";
  CHECK(first_error(bomb + "]\n").find("its aliases repeat more than 50000 values") != std::string::npos);
  std::string dense = "[";
  for (int i = 0; i < 200'000; ++i) dense += "1,";
  CHECK(first_error(dense + "]\n").find("more than 66667 values") != std::string::npos);
}

TEST_CASE("a file that cannot be read is one clear message") {
  const auto node = read_document("/nonexistent/mesh.yaml");
  REQUIRE_FALSE(node);
  CHECK(to_string(node.error().front()) ==
        "/nonexistent/mesh.yaml: error: cannot read /nonexistent/mesh.yaml: No such file or directory");
}

TEST_CASE("only UTF-8 text is read") {
  const auto wrong = [](std::string_view text) { return first_error(text); };
  CHECK(wrong("a: 1\nb: \"x\xff\"\n") ==
        "f.yaml:2:6: error: the file is not text in UTF-8: byte 0xff does not belong there");
  CHECK(wrong("a: \xc3\xa4\xc3\n").find("f.yaml:1:5: error: the file is not text in UTF-8") == 0);
  CHECK(wrong("a: \xed\xa0\x80").find("byte 0xed") != std::string::npos);  // a surrogate
  CHECK(wrong("a: \xc0\xaf").find("byte 0xc0") != std::string::npos);      // overlong
  CHECK(wrong("a: 1\n\x04\nb: 2").find("f.yaml:2:1: error") == 0);         // yaml-cpp takes it for the end
  CHECK(wrong(std::string_view{"a: 1\0", 5}).find("control character 0x00") != std::string::npos);
  CHECK(wrong(std::string_view{"\xff\xfe"
                               "a\0:\0",
                               6})
            .find("f.yaml:1:1: error") == 0);  // UTF-16
  CHECK(
      parse_document("\xef\xbb\xbf"
                     "a: \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\r\n",
                     "f.yaml"));
}

TEST_CASE("aliases cannot repeat more text than a file may hold") {
  std::string bomb = "a: &a \"" + std::string(500'000, 'x') + "\"\nb:\n";
  for (int i = 0; i < 1000; ++i) bomb += "- *a\n";
  CHECK(first_error(bomb).find("its aliases repeat more than 1048576 bytes") != std::string::npos);
}

TEST_CASE("tags that would change what a value means are refused") {
  CHECK(first_error("a: 1\nb: !Ref x\n").find("f.yaml:2:4: error: the tag !Ref is not supported") == 0);
  CHECK(first_error("b: !!binary aGk=\n").find("is not supported") != std::string::npos);
  CHECK(first_error("b: !map {}\n").find("the tag !map is not supported") != std::string::npos);
  const auto root = parse_document("a: !!str 010\nb: !!int 3\n", "f.yaml");
  REQUIRE(root);
  CHECK(root->find("a")->quoted);
  CHECK_FALSE(root->find("b")->quoted);
}

TEST_CASE("merge keys are handed on to those who ask for them") {
  const auto root =
      parse_document("base: &b {k: 1}\nuse: {<<: *b, '<<': 2x}\n", "f.yaml", {.merge_keys = true});
  REQUIRE_FALSE(root);  // the same key twice
  const auto merged = parse_document("base: &b {k: 1}\nuse: {<<: *b}\n", "f.yaml", {.merge_keys = true});
  REQUIRE(merged);
  const auto& entry = merged->find("use")->entries.front();
  CHECK(entry.key == "<<");
  CHECK_FALSE(entry.key_quoted);
  CHECK(entry.value.find("k")->scalar == "1");
}
