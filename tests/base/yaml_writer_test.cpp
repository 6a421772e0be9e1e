#include "base/yaml_writer.hpp"

#include "base/document.hpp"

#include <array>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;

TEST_CASE("maps, lists, blocks and empties") {
  const auto value = boost::json::parse(R"({
    "cluster": {"name": "cilium-001", "id": 1},
    "list": ["10.0.0.0/16", {"a": true}],
    "none": [], "nothing": {}, "nil": null,
    "text": "line 1\nline 2\n"})");
  CHECK(to_yaml(value) ==
        "cluster:\n  name: cilium-001\n  id: 1\nlist:\n  - \"10.0.0.0/16\"\n  - a: true\n"
        "none: []\nnothing: {}\nnil: ~\ntext: |\n  line 1\n  line 2\n");
}

TEST_CASE("comments stand where their key stands") {
  const boost::json::object value{{"a", 1}, {"# why", "because"}, {"b", 2}};
  CHECK(to_yaml(value) == "a: 1\n# because\nb: 2\n");
}

TEST_CASE("strings that look like something else are quoted") {
  static constexpr std::array tricky{
      "no",   "y",          "Off",      "true",   "null",        "~",      "010",          "1e3",
      "0x1F", "2024-01-01", "12:30:00", "+1",     "1_000",       "=",      "<<",           "",
      " a",   "a: b",       "#x",       "-",      "*.cern.ch",   "@x",     "a\nb",         "a\t",
      "- x",  "?",          "%x",       "nan",    "2001:4860::", "a b ",   "trailing\n\n", "\n",
      "é",    "\x01",       "a\x7f",    "\u0085", "a\u2028b",    "\ufeff", "say \"\\\""};
  for (const std::string text : tricky) {
    CAPTURE(text);
    const auto read = parse_document(to_yaml(boost::json::object{{"key", text}}), "f.yaml");
    REQUIRE(read);
    CHECK(read->find("key")->scalar == text);
    CHECK(read->find("key")->quoted);
  }
}

TEST_CASE("what nests in lists and blocks is read back") {
  for (const char* text :
       {R"([[1,["a"]],{"l":[],"m":{"b":"x\n  y\n\nz\n"}},"k\nl\n",null,true,-1])", R"("word")", "[]", "{}"}) {
    CAPTURE(text);
    const std::string yaml = to_yaml(boost::json::parse(text));
    CAPTURE(yaml);
    REQUIRE(parse_document(yaml, "f.yaml"));
  }
  const auto read = parse_document(
      to_yaml(boost::json::parse(R"([[1,["a"]],{"m":{"b":"x\n  y\n\nz\n"}},"k\nl\n"])")), "f.yaml");
  REQUIRE(read);
  CHECK(read->items.at(0).items.at(1).items.at(0).scalar == "a");
  CHECK(read->items.at(1).find("m")->find("b")->scalar == "x\n  y\n\nz\n");
  CHECK(read->items.at(2).scalar == "k\nl\n");
}

TEST_CASE("comments stand where their map stands") {
  const boost::json::value value = boost::json::parse(
      R"({"#0":"top","a":{"#0":"first: {x}","b":1,"#2":"last"},"l":[{"#0":"in a list","name":"x"},{"name":"z","#1":"end"}]})");
  CHECK(
      to_yaml(value) ==
      "# top\na:\n  # first: {x}\n  b: 1\n  # last\nl:\n  -\n    # in a list\n    name: x\n  - name: z\n    "
      "# end\n");
}
