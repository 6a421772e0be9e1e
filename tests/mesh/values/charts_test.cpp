// Holds the table of chart keys against the real charts, where they are at hand.
#include "base/document.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/values/chart_keys.hpp"

#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::mesh::values;

namespace {

std::filesystem::path charts() {
  const char* root = std::getenv("MESHDRILL_SOURCE_DIR");
  for (const std::string_view up : {"..", "../.."}) {
    const auto folder = std::filesystem::path{root == nullptr ? "." : root} / up / "shared" / "cilium-chart";
    if (std::filesystem::is_directory(folder)) return folder;
  }
  return {};
}

Node read(const std::filesystem::path& path) {
  auto document =
      read_document(path.string(), {.bytes = std::size_t{4} << 20, .depth = 64, .nodes = 200'000});
  REQUIRE_MESSAGE(document, (document ? "" : to_string(document.error())));
  return std::move(*document);
}

unsigned types_of(const Node& schema) {
  const Node* type = schema.find("type");
  if (type == nullptr) return schema.find("enum") == nullptr ? 0U : unsigned{ChartKey::text};
  unsigned types = 0;
  const auto add = [&](std::string_view word) {
    if (word == "string") types |= ChartKey::text;
    if (word == "integer") types |= ChartKey::integer;
    if (word == "number") types |= ChartKey::number;
    if (word == "boolean") types |= ChartKey::boolean;
    if (word == "array") types |= ChartKey::list;
    if (word == "null") types |= ChartKey::null;
    if (word == "object") types |= ChartKey::section | ChartKey::any_map;
  };
  if (type->kind == Node::Kind::scalar) add(type->scalar);
  for (const Node& item : type->items) add(item.scalar);
  return types;
}

// Every property below `schema` is in the table, for this minor, and with these types.
void compare(const Node& schema, const std::string& path, int minor, int& seen) {
  const Node* properties = schema.find("properties");
  if (properties == nullptr) return;
  for (const Node::Entry& entry : properties->entries) {
    const std::string below = fmt::format("{}.{}", path, entry.key);
    const ChartKey* key = find_chart_key(below);
    REQUIRE_MESSAGE(key != nullptr, below, " of 1.", minor);
    ++seen;
    CHECK_MESSAGE((key->first_minor <= minor && minor <= key->last_minor), below, " of 1.", minor);
    const unsigned types = types_of(entry.value);
    CHECK_MESSAGE((key->types & types) != 0, below, " of 1.", minor);
    CHECK_MESSAGE((types & ~(key->types | ChartKey::section | ChartKey::any_map)) == 0, below, " of 1.",
                  minor);
    if ((key->types & ChartKey::any_map) == 0) compare(entry.value, below, minor, seen);
  }
}

// Keys that stand in values.yaml as a comment only; the schema is made from what is no comment.
bool only_a_comment(std::string_view path) {
  return path == "clustermesh.apiserver.tls.auto.schedule" || path == "tls.caBundle.content" ||
         path == "clustermesh.apiserver.metrics.serviceMonitor.namespace";
}

bool in_schema(const Node& schema, std::string_view path) {
  const Node* node = &schema;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const Node* properties = node->find("properties");
    node = properties == nullptr ? nullptr : properties->find(path.substr(0, dot));
    if (node == nullptr) return false;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return true;
}

void compare_section(const Node& schema, const std::string& section, int minor, int& seen) {
  compare(*schema.find("properties")->find(section), section, minor, seen);
  for (const std::string_view name : chart_keys_under(section)) {
    const std::string path = fmt::format("{}.{}", section, name);
    const ChartKey* key = find_chart_key(path);
    const bool expected = key->first_minor <= minor && minor <= key->last_minor && !only_a_comment(path);
    if (expected) CHECK_MESSAGE(in_schema(schema, path), path, " of 1.", minor);
  }
}

}  // namespace

TEST_CASE("the table has the keys of every real chart") {
  const auto folder = charts();
  if (folder.empty()) {
    MESSAGE("SKIPPED: the charts are not at hand (../shared/cilium-chart)");
    return;
  }
  int versions = 0;
  for (const auto& chart : std::filesystem::directory_iterator{folder}) {
    const auto version = mesh::parse_version(chart.path().filename().string());
    if (!version) continue;
    ++versions;
    const Node schema = read(chart.path() / "values.schema.json");
    int seen = 0;
    for (const char* section : {"cluster", "clustermesh", "ipam", "tls"}) {
      compare_section(schema, section, version->minor, seen);
    }
    CHECK_MESSAGE(seen > 100, chart.path().string());
    for (const Node::Entry& entry : schema.find("properties")->entries) {
      CHECK_MESSAGE(is_chart_section(entry.key), entry.key);
    }
  }
  CHECK(versions >= 5);
}
