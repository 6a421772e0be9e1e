#include "base/document_reader.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;

namespace {

struct Reading {
  explicit Reading(std::string_view text) : root(*parse_document(text, "f.yaml")), reader(root, "", found) {}
  Node root;
  Diagnostics found;
  MapReader reader;
};

}  // namespace

TEST_CASE("typed values are read") {
  Reading r{"name: web\ncount: 3\non: true\nwait: 1m30s\nlist: [a, b]\nkind: Mesh\n"};
  CHECK(r.reader.string("name") == "web");
  CHECK(r.reader.integer("count", 0, 10) == 3);
  CHECK(r.reader.boolean("on") == true);
  CHECK(r.reader.duration("wait") == std::chrono::seconds{90});
  CHECK(r.reader.strings("list") == std::vector<std::string>{"a", "b"});
  CHECK(r.reader.choice("kind", {"Mesh", "Drill"}) == "Mesh");
  r.reader.finish();
  CHECK(r.found.empty());
  CHECK_FALSE(r.reader.string("absent").has_value());
}

TEST_CASE("each wrong value is one diagnostic at its own place") {
  Reading r{"octal: 010\nquoted: '3'\nbig: 300\nword: yes\nwait: 5\nkind: Mash\nlist: x\nmap: {a: 1}\n"};
  CHECK_FALSE(r.reader.integer("octal", 0, 255));
  CHECK_FALSE(r.reader.integer("quoted", 0, 255));
  CHECK_FALSE(r.reader.integer("big", 0, 255));
  CHECK_FALSE(r.reader.boolean("word"));
  CHECK_FALSE(r.reader.duration("wait"));
  CHECK_FALSE(r.reader.choice("kind", {"Mesh", "Drill"}));
  CHECK_FALSE(r.reader.strings("list"));
  CHECK_FALSE(r.reader.string("map"));
  r.reader.finish();
  REQUIRE(r.found.size() == 8);
  CHECK(to_string(r.found[0]).find("f.yaml:1:8: error: octal: \"010\" starts with a zero") == 0);
  CHECK(to_string(r.found[1]) ==
        "f.yaml:2:9: error: quoted: expected a whole number, got the string \"3\" [wrong-value]");
  CHECK(to_string(r.found[2]) == "f.yaml:3:6: error: big: 300 is outside 0 to 255 [wrong-value]");
  CHECK(to_string(r.found[5]).find("Did you mean \"Mesh\"?") != std::string::npos);
}

TEST_CASE("known keys are listed once each") {
  Reading r{"zebra: 1\nname: web\n"};
  r.reader.require("name");
  r.reader.string("name");
  r.reader.finish();
  REQUIRE(r.found.size() == 1);
  CHECK(r.found[0].cure == "Known keys here: name.");
}

TEST_CASE("unknown and missing keys are reported") {
  Reading r{"other: web\n"};
  CHECK(r.reader.require("name") == nullptr);
  r.reader.finish();
  REQUIRE(r.found.size() == 2);
  CHECK(to_string(r.found[0]) == "f.yaml:1:1: error: name: this key is required and missing [missing-key]");
  CHECK(to_string(r.found[1]) ==
        "f.yaml:1:1: error: other: unknown key [unknown-key]\n  Known keys here: name.");
}

TEST_CASE("a slip in a required key is one finding") {
  Reading r{"nmae: web\n"};
  CHECK(r.reader.require("name") == nullptr);
  r.reader.finish();
  REQUIRE(r.found.size() == 1);
  CHECK(to_string(r.found[0]) ==
        "f.yaml:1:1: error: nmae: unknown key [unknown-key]\n  Did you mean \"name\"?");
}

TEST_CASE("a value that is no map is reported once") {
  Diagnostics found;
  const Node root = *parse_document("[1, 2]\n", "f.yaml");
  MapReader reader{root, "", found};
  CHECK(reader.require("name") == nullptr);
  reader.finish();
  REQUIRE(found.size() == 1);
  CHECK(to_string(found[0]) == "f.yaml:1:1: error: the file: expected a map, got a list [wrong-value]");
}

TEST_CASE("a recording reader notes what it is asked for") {
  const KeyShape shape = record_shape([](MapReader& map) {
    map.require("name");
    map.string("name");
    map.integer("count", 1, 9);
    map.choice("kind", {"a", "b"});
    map.section("inner", [](MapReader& inner) { inner.duration("wait"); });
    map.items("list", [](MapReader& item) { item.boolean("on"); });
    map.named_sections("by", [](const std::string&, MapReader& one) { one.strings("words"); });
    map.note_word("inner", "none");
    map.finish();
  });
  REQUIRE(shape.keys.size() == 6);
  CHECK(shape.keys[0].required);
  CHECK(shape.keys[1].maximum == 9);
  CHECK(shape.keys[2].allowed == std::vector<std::string>{"a", "b"});
  CHECK(shape.keys[3].keys.at(0).pattern == pattern::duration);
  CHECK(shape.keys[3].allowed == std::vector<std::string>{"none"});
  CHECK(shape.keys[4].kind == ValueKind::maps);
  CHECK(shape.keys[5].keys.at(0).kind == ValueKind::strings);
  const KeyMeaning rows[] = {{"name", "", "x"}, {"inner", "", "x"}, {"*.wait", "", "x"}, {"other", "", "x"}};
  const std::vector<std::string> wrong = unmatched_keys(shape, rows);
  CHECK(wrong.front() == "count has no row in the table of meanings");
  CHECK(wrong.back() == "other has a row, and no reader asks for it");
  CHECK(wrong.size() == 7);
}

TEST_CASE("a row is about a path step by step") {
  CHECK(is_about("a.b", "a.b"));
  CHECK(is_about("a.*.c", "a.b.c"));
  CHECK_FALSE(is_about("a.*", "a.b.c"));
  CHECK_FALSE(is_about("a.*.c", "a.b"));
  CHECK_FALSE(is_about("a", "b"));
}

TEST_CASE("maps, lists of maps and maps of maps are read with their paths") {
  Reading r{"inner: {on: 1}\nlist: [{on: true}, {off: 1}]\nby: {x: {on: true}, y: [1]}\n"};
  std::vector<std::string> names;
  r.reader.section("inner", [](MapReader& inner) { inner.boolean("on"); });
  r.reader.items("list", [](MapReader& item) { item.boolean("on"); });
  r.reader.named_sections("by", [&](const std::string& name, MapReader& one) {
    names.push_back(name);
    one.boolean("on");
  });
  CHECK_FALSE(r.reader.section("absent", [](MapReader&) { FAIL("called for what is absent"); }));
  r.reader.finish();
  CHECK(names == std::vector<std::string>{"x", "y"});
  REQUIRE(r.found.size() == 3);
  CHECK(r.found[0].what.starts_with("inner.on: "));
  CHECK(r.found[1].what == "list[1].off: unknown key");
  CHECK(r.found[2].what == "by.y: expected a map, got a list");
}
