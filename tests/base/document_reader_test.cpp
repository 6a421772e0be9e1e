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
  Reading r{"nmae: web\n"};
  CHECK(r.reader.require("name") == nullptr);
  r.reader.finish();
  REQUIRE(r.found.size() == 2);
  CHECK(to_string(r.found[0]) == "f.yaml:1:1: error: name: this key is required and missing [missing-key]");
  CHECK(to_string(r.found[1]) ==
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
