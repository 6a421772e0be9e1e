#include "base/unified_diff.hpp"

#include <doctest/doctest.h>

namespace meshdrill {

TEST_CASE("equal texts have no diff") {
  CHECK(unified_diff("a\nb\n", "a\nb\n", "x", "x").empty());
}

TEST_CASE("a change shows with lines of context around it") {
  CHECK(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "old", "new") ==
        "--- old\n+++ new\n@@ -2,8 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n");
}

TEST_CASE("a file that is new or gone") {
  CHECK(unified_diff("", "a\nb\n", "/dev/null", "f") == "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
  CHECK(unified_diff("a\n", "", "f", "/dev/null") == "--- f\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n");
}

TEST_CASE("a newline that is missing at the end is marked") {
  CHECK(unified_diff("a\n", "a", "f", "f") ==
        "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n");
}

}  // namespace meshdrill
