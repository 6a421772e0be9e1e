#include "status/describe.hpp"

#include "mesh/load.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::status;

namespace {

ClusterFacts facts(int number) {
  const std::string n = std::to_string(number);
  ClusterFacts one;
  one.context = "ctx-" + n;
  one.version = "1.18.0";
  one.config = {{"cluster-name", "c" + n},
                {"cluster-id", n},
                {"ipam", "cluster-pool"},
                {"cluster-pool-ipv4-cidr", "10." + n + ".0.0/16 10.10" + n + ".0.0/16"},
                {"cluster-pool-ipv4-mask-size", "24"},
                {"routing-mode", "tunnel"}};
  one.nodes = {parse_ip("192.0.2." + n).value()};
  one.apiserver = {"NodePort", one.nodes, "", 32380 + number};
  return one;
}

Checked<mesh::Allocation> load(const std::vector<ClusterFacts>& clusters) {
  const std::string text = mesh::initial_file(describe(clusters, "east"));
  INFO(text);
  return mesh::load_mesh_text(text, "mesh.yaml");
}

}  // namespace

TEST_CASE("the file of live clusters has what they are") {
  const auto loaded = load({facts(1), facts(2)});
  REQUIRE_MESSAGE(loaded, (loaded ? "" : to_string(loaded.error())));
  const auto& clusters = loaded->mesh.clusters;
  CHECK(clusters.at(1).name == "c2");
  CHECK(clusters.at(1).context == "ctx-2");
  CHECK(clusters.at(1).id == 2);
  CHECK(clusters.at(1).pod_cidrs.size() == 2);
  CHECK(clusters.at(1).apiserver.port == 32382);
}

TEST_CASE("a cluster that is in no mesh yet gets a name from its context") {
  ClusterFacts fresh = facts(2);
  fresh.context = "admin@Site_B.example.org";
  fresh.config["cluster-name"] = "default";
  fresh.config["cluster-id"] = "0";
  const mesh::InitialMesh mesh = describe({facts(1), fresh}, "east");
  CHECK(mesh.clusters.at(1).name == "admin-site-b-example-org");
  CHECK_FALSE(mesh.clusters.at(1).id);
  CHECK(mesh.clusters.at(1).remarks.size() == 2);
  CHECK(load({facts(1), fresh}));
}

TEST_CASE("the nodes' shares are joined into few ranges") {
  ClusterFacts one = facts(1);
  one.config["ipam"] = "kubernetes";
  for (const char* text : {"10.9.1.0/24", "10.9.0.0/24", "10.9.3.0/24", "10.9.2.0/24", "10.9.5.0/24"}) {
    one.node_pods.push_back(parse_prefix(text).value());
  }
  const mesh::InitialMesh mesh = describe({one}, "east");
  REQUIRE(mesh.clusters.front().pods.size() == 2);
  CHECK(to_string(mesh.clusters.front().pods.front()) == "10.9.0.0/22");
  CHECK(to_string(mesh.clusters.front().pods.back()) == "10.9.5.0/24");
}

TEST_CASE("a cluster keeps what it has differently") {
  ClusterFacts other = facts(2);
  other.version = "1.17.5";
  other.config["routing-mode"] = "native";
  const mesh::InitialMesh mesh = describe({facts(1), other}, "east");
  CHECK(mesh.clusters.at(0).version.empty());
  CHECK(mesh.clusters.at(1).version == "1.17.5");
  REQUIRE(mesh.clusters.at(1).routing);
  CHECK(mesh.clusters.at(1).routing->mode == "native");
  CHECK_FALSE(load({facts(1), other}));  // one datapath mode is a rule
}
