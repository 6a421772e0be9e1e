#include "base/json_schema.hpp"
#include "mesh/mesh_text.hpp"
#include "mesh/read/read_mesh.hpp"
#include "mesh/render/render.hpp"

#include <algorithm>
#include <regex>

#include <fmt/format.h>

namespace meshdrill::mesh {

namespace {

// The shape at a path of meanings, "clusters[].apiserver.port".
const KeyShape& shape_at(const KeyShape& root, std::string_view path) {
  const KeyShape* shape = &root;
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    std::string_view key = rest.substr(0, dot);
    rest.remove_prefix(std::min(dot + 1, rest.size()));
    if (key == "*") continue;
    if (key.ends_with("[]")) key.remove_suffix(2);
    const auto found = std::find_if(shape->keys.begin(), shape->keys.end(),
                                    [&](const KeyShape& inner) { return inner.key == key; });
    REQUIRE_MESSAGE(found != shape->keys.end(), path);
    shape = &*found;
  }
  return *shape;
}

}  // namespace

TEST_CASE("every key that the reader knows has a meaning, and nothing else has") {
  for (const std::string& wrong : unmatched_keys(mesh_file_shape(), mesh_file_meanings())) FAIL_CHECK(wrong);
}

TEST_CASE("the shape says what the reader asks for") {
  const KeyShape root = mesh_file_shape();
  CHECK(shape_at(root, "cilium").kind == ValueKind::map);
  CHECK(shape_at(root, "cilium.version").required);
  CHECK(shape_at(root, "cilium.encryption").allowed ==
        std::vector<std::string>{"none", "wireguard", "ipsec"});
  CHECK(shape_at(root, "clusters").kind == ValueKind::maps);
  CHECK(shape_at(root, "clusters[].apiserver.port").maximum == 65535);
  CHECK(shape_at(root, "clusters[].podCIDRs").kind == ValueKind::strings);
  CHECK(shape_at(root, "services[].selector").kind == ValueKind::string_map);
  CHECK(shape_at(root, "services[].clusters").kind == ValueKind::named_maps);
  CHECK(shape_at(root, "services[].clusters.*.affinity").kind == ValueKind::choice);
}

// A file that says the default must mean what a file means that does not.
TEST_CASE("the defaults of the table are those of the reader") {
  // Where the keys of each section go.
  const std::string form = R"(apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: m}
cilium: {version: 1.18.0<cilium.>}
addressing:
  ipv4: {pool: 10.96.0.0/11, cluster: 16<addressing.ipv4.>}
  ipv6: {pool: "fd00:10::/96", cluster: 112<addressing.ipv6.>}
clusters:
  - {name: a, apiserver: {port: 32379<clusters[].apiserver.>}<clusters[].>}
services:
  - {name: api, ports: [{port: 80<services[].ports[].>}]<services[].>}
ingress: {host: api.example.org<ingress.>}
dns: {zone: example.org<dns.>}
trust: {authMode: legacy<trust.>}
)";
  const auto rendered = [&](const std::string& tag, const std::string& key) {
    std::string text = form;
    REQUIRE_MESSAGE(text.find(tag) != std::string::npos, tag);
    text.replace(text.find(tag), tag.size(), key);
    text = std::regex_replace(text, std::regex{"<[^>]*>"}, "");
    CAPTURE(text);
    std::string all;
    for (const RenderedFile& file : render(load_text(text).mesh, {})) all += file.path + "\n" + file.content;
    return all;
  };
  const KeyShape root = mesh_file_shape();
  for (const KeyMeaning& meaning : mesh_file_meanings()) {
    if (meaning.default_value.empty()) continue;
    const std::size_t end = meaning.path.find_last_of('.') + 1;
    const std::string tag = fmt::format("<{}>", meaning.path.substr(0, end));
    const bool text = shape_at(root, meaning.path).kind == ValueKind::string;
    const std::string value = fmt::format(fmt::runtime(text ? "'{}'" : "{}"), meaning.default_value);
    const std::string key = fmt::format(", {}: {}", meaning.path.substr(end), value);
    CHECK_MESSAGE(rendered(tag, "") == rendered(tag, key), meaning.path);
  }
}

TEST_CASE("the schema refuses unknown keys at every level and describes what it knows") {
  const boost::json::object schema = json_schema(mesh_file_shape(), mesh_file_meanings(), "mesh");
  const auto& version = schema.at("properties").at("cilium").at("properties").at("version").as_object();
  CHECK(version.at("description").as_string().starts_with("of the chart"));
  CHECK(schema.at("additionalProperties") == false);
  CHECK(schema.at("properties").at("cilium").at("additionalProperties") == false);
  CHECK(schema.at("properties").at("cilium").at("properties").at("release").at("default") == "cilium");
  const auto& own = schema.at("properties").at("clusters").at("items").at("properties").at("cilium");
  CHECK_FALSE(own.at("properties").at("ipam").as_object().contains("default"));
}

}  // namespace meshdrill::mesh
