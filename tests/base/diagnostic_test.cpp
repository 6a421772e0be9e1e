#include "base/diagnostic.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;

TEST_CASE("a diagnostic reads as compilers print them") {
  const Diagnostic found{
      Severity::error, {"mesh.yaml", 3, 5}, "clusters[0].id: 0 is reserved", "Use 1 to 255."};
  CHECK(to_string(found) == "mesh.yaml:3:5: error: clusters[0].id: 0 is reserved\n  Use 1 to 255.");
  CHECK(to_string(Diagnostic{Severity::warning, {"mesh.yaml", 0, 0}, "odd", {}}) ==
        "mesh.yaml: warning: odd");
  CHECK(to_string(Diagnostic{Severity::note, {}, "plain", {}}) == "note: plain");
  CHECK(to_string(Diagnostic{Severity::error, {"a", 1, 2}, "twice", "Keep one.", "duplicate-id"}) ==
        "a:1:2: error: twice [duplicate-id]\n  Keep one.");
}

TEST_CASE("only errors count as errors") {
  CHECK_FALSE(has_errors({{Severity::warning, {}, "w", {}}, {Severity::note, {}, "n", {}}}));
  CHECK(has_errors({{Severity::warning, {}, "w", {}}, {Severity::error, {}, "e", {}}}));
}

TEST_CASE("the closest word is offered only when it is near") {
  CHECK(closest("clutser", {"cluster", "context"}) == "cluster");
  CHECK(closest("zebra", {"cluster", "context"}).empty());
  CHECK(closest("id", {"ip", "name"}) == "ip");
  CHECK(closest("podCidrs", {"name", "podCIDRs"}) == "podCIDRs");
}
