#include "base/text.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;

TEST_CASE("words and counts") {
  CHECK(plural(1, "cluster") == "1 cluster");
  CHECK(plural(0, "cluster") == "0 clusters");
  CHECK(join_words({}).empty());
  CHECK(join_words({"a"}) == "a");
  CHECK(join_words({"a", "b", "c"}) == "a, b and c");
}

TEST_CASE("foreign text cannot drive a terminal") {
  CHECK(printable("a\x1b[31mb\nc\x7f") == "a?[31mb c?");
}

TEST_CASE("words survive a shell") {
  CHECK(shell_quote("kube-system/api") == "kube-system/api");
  CHECK(shell_quote("it's $HOME") == "'it'\\''s $HOME'");
  CHECK(shell_quote("") == "''");
}
