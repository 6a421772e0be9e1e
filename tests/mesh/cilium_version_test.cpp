#include "mesh/cilium_version.hpp"

#include <doctest/doctest.h>

namespace meshdrill::mesh {

TEST_CASE("versions are read whole") {
  const auto version = parse_version("1.19.0-rc.1");
  REQUIRE(version);
  CHECK(version->major == 1);
  CHECK(version->minor == 19);
  CHECK(version->patch == 0);
  CHECK(version->pre_release == "rc.1");
  for (const char* bad : {"", "1", "1.18", "1.18.", "v1.18.0", "1.18.0.0", "1.018.0", "1.18.0-", "1.-8.0",
                          "1.18.x", "1.99999999999.0", " 1.18.0"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_version(bad));
  }
}

TEST_CASE("each minor has its row and the newest stands in for newer ones") {
  for (int minor = oldest_minor; minor <= newest_minor; ++minor) {
    const CiliumMinor* row = find_minor({1, minor, 3, {}});
    REQUIRE(row != nullptr);
    CHECK(row->minor == minor);
  }
  CHECK(find_minor({1, oldest_minor - 1, 0, {}}) == nullptr);
  CHECK(find_minor({0, 20, 0, {}}) == nullptr);
  CHECK(find_minor({1, newest_minor + 1, 0, {}})->minor == newest_minor);
  CHECK(find_minor({2, 0, 0, {}})->minor == newest_minor);
}

}  // namespace meshdrill::mesh
