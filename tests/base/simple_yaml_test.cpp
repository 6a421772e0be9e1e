#include "base/document_parts.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;

namespace {

// Everything that a reader says of a document, places included.
void describe(const Node& node, std::string& to) {
  to += fmt::format("{}@{}:{}", static_cast<int>(node.kind), node.where.line, node.where.column);
  if (node.kind == Node::Kind::scalar) to += fmt::format("<{}>{}", node.scalar, node.quoted ? "q" : "");
  to += '(';
  for (const Node& item : node.items) describe(item, to);
  for (const Node::Entry& entry : node.entries) {
    to += fmt::format("{}{}@{}:{}=", entry.key, entry.key_quoted ? "q" : "", entry.key_where.line,
                      entry.key_where.column);
    describe(entry.value, to);
  }
  to += ')';
}

std::string text_of(const Node& node) {
  std::string text;
  describe(node, text);
  return text;
}

const std::string file = "f.yaml";

// Lines such as people write, put together at random.
std::string random_document(std::uint32_t& seed) {
  static const std::vector<std::string> starts{"a:",
                                               "b: ",
                                               "c: 1",
                                               "- ",
                                               "- x",
                                               "- d: 2",
                                               "e: [1, 2]",
                                               "f: {g: h}",
                                               "\"q\": 'r'",
                                               "# note",
                                               "",
                                               "s: t u",
                                               "v: w # x",
                                               "y: ~",
                                               "z: -1",
                                               "- \"k\": 2",
                                               "i: 'j''k'",
                                               "l: m:n",
                                               "o: p: q",
                                               "---",
                                               "t: \"\\n\"",
                                               "u: |",
                                               "- - 1",
                                               "null: 1",
                                               "n: &x 1",
                                               "m: -",
                                               "- -1",
                                               "h: [a b]",
                                               "k: {l: [m, {n: o}]}",
                                               "j: []"};
  const auto next = [&](std::size_t below) {
    seed = seed * 1664525U + 1013904223U;
    return static_cast<std::size_t>(seed >> 16U) % below;
  };
  std::string text;
  std::size_t indent = 0;
  for (std::size_t line = 0, lines = 1 + next(7); line < lines; ++line) {
    text.append(indent, ' ').append(starts[next(starts.size())]).append("\n");
    const std::size_t step = next(6);
    if (step < 2) indent += 2;
    if (step == 2) indent = next(indent + 1);
  }
  return text;
}

}  // namespace

TEST_CASE("simple YAML is read as yaml-cpp reads it") {
  for (const std::string_view text : {
           "a: 1\n",
           "---\na: b\nc:\n  d: \"e f\"\n  g: 'h'\n",
           "# c\n\na:\n- 1\n- b: 2\n  c: 3\n-   d: 4\n    e: 5\nf: g\n",
           "a:\n  - x\n  - {name: b, ips: [192.0.2.1, \"fd00::1\"], port: 32379}\n",
           "a: b c, d  # said so\nc: -1\nd: .5\ne: 2024-01-01\nf: http://x/y?\n",
           "- 1\n- [a, [b, {c: d}]]\n- {}\n- []\n- ~\n- null\n",
           "\"a\": x\n'b': y\nc: fd00::/104\nd: true",
           "a:\n    b:\n          c: 1\n    d: 2\n",
       }) {
    CAPTURE(text);
    const auto expected = read_any_yaml(text, file, {});
    REQUIRE(expected);
    const auto simple = read_simple_yaml(text, file, {});
    if (text.find('?') == std::string_view::npos) REQUIRE(simple);
    if (simple) CHECK(text_of(*simple) == text_of(*expected));
  }
}

TEST_CASE("what is not simple, or wrong, is left to yaml-cpp") {
  for (const std::string_view text : {"",
                                      "# only\n",
                                      "a: |\n  b\n",
                                      "a: &x 1\n",
                                      "a: *x\n",
                                      "a: b\n c\n",
                                      "a:\n",
                                      "a: \"\\n\"\n",
                                      "a: 1\na: 2\n",
                                      "a: 1\n---\nb: 2\n",
                                      "a: !t 1\n",
                                      "a: [1\n",
                                      "a: [1,\n 2]\n",
                                      "<<: 1\n",
                                      "? a\n: b\n",
                                      "a:\tb\n",
                                      "a: b\r\n",
                                      "a: \u00e4\n",
                                      "a: 1\n - b\n",
                                      "null: 1\n",
                                      "a: 'b''c'\n",
                                      "{a: 1, a: 2}\n",
                                      "word\n",
                                      "a: b: c\n"}) {
    CAPTURE(text);
    CHECK_FALSE(read_simple_yaml(text, file, {}));
  }
}

TEST_CASE("simple YAML keeps to the limits") {
  CHECK(read_simple_yaml("a: {b: {c: 1}}\n", file, {.depth = 3}));
  CHECK_FALSE(read_simple_yaml("a: {b: {c: 1}}\n", file, {.depth = 2}));
  std::string many = "a:\n";
  for (int i = 0; i < 100; ++i) many += "- 1\n";
  CHECK(read_simple_yaml(many, file, {.nodes = 103}));
  CHECK_FALSE(read_simple_yaml(many, file, {.nodes = 102}));
}

TEST_CASE("lines put together at random are read as yaml-cpp reads them, or not at all") {
  std::uint32_t seed = 1;
  int simple_ones = 0;
  for (int i = 0; i < 30'000; ++i) {
    const std::string text = random_document(seed);
    const auto simple = read_simple_yaml(text, file, {});
    if (!simple) continue;
    ++simple_ones;
    CAPTURE(text);
    const auto expected = read_any_yaml(text, file, {});
    REQUIRE(expected);
    REQUIRE(text_of(*simple) == text_of(*expected));
  }
  CHECK(simple_ones > 1000);
}
