#include "mesh/cilium_version.hpp"

#include "base/document.hpp"
#include "mesh/charts.hpp"

#include <algorithm>

#include <doctest/doctest.h>

namespace meshdrill::mesh {
namespace {

// What the schema of a chart says about a key, or nullptr when it does not have it.
const Node* schema_of(const Node& schema, std::string_view path) {
  const Node* node = &schema;
  while (node != nullptr && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    node = node->find("properties");
    if (node != nullptr) node = node->find(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return node;
}

}  // namespace

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

TEST_CASE("the keys that come and go are those of the charts") {
  const auto found = charts();
  if (found.empty()) {
    MESSAGE("skipped: no charts in ../shared/cilium-chart");
    return;
  }
  for (const auto& [version, folder] : found) {
    const int minor = version.minor;
    const Checked<Node> schema =
        read_document((folder / "values.schema.json").string(), {std::size_t{4} << 20, 64, 500'000});
    REQUIRE(schema);
    const CiliumMinor& row = *find_minor({1, minor, 0, {}});
    CHECK(schema_of(*schema, row.mcs_api_switch) != nullptr);
    const Node* clusters = schema_of(*schema, "clustermesh.config.clusters");
    REQUIRE(clusters != nullptr);
    CHECK((clusters->find("type")->kind == Node::Kind::sequence) == row.clusters_as_map);
    CHECK((schema_of(*schema, "clustermesh.cacheTTL") != nullptr) == row.cache_ttl);
    for (const KeyHistory& history : key_histories()) {
      CAPTURE(folder.string());
      CAPTURE(history.path);
      const bool there = schema_of(*schema, history.path) != nullptr;
      if (minor < history.since || (history.removed_in != 0 && minor >= history.removed_in)) {
        CHECK_FALSE(there);
      } else if (history.deprecated_in == 0 || minor < history.deprecated_in) {
        CHECK(there);
      }
    }
  }
}

TEST_CASE("a key's history is found by its path") {
  for (const KeyHistory& history : key_histories()) {
    CHECK(find_key_history(history.path) == &history);
    CHECK((history.removed_in == 0 || history.removed_in > history.since));
    CHECK((history.deprecated_in == 0 || !history.instead.empty()));
  }
  CHECK(find_key_history("cluster.name") == nullptr);
}

}  // namespace meshdrill::mesh
