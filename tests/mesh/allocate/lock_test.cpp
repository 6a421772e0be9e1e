#include "mesh/allocate/lock.hpp"

#include "support/test_folder.hpp"

#include <doctest/doctest.h>

namespace meshdrill::mesh {

TEST_CASE("the lock stands beside the mesh file") {
  CHECK(lock_path("mesh.yaml") == "mesh.lock.yaml");
  CHECK(lock_path("a/b.c/mesh") == "a/b.c/mesh.lock.yaml");
}

TEST_CASE("no lock file is an empty lock") {
  const TestFolder folder;
  const auto lock = read_lock(folder.path / "mesh.lock.yaml");
  REQUIRE(lock);
  CHECK(lock->mesh.empty());
  CHECK(lock->clusters.empty());
  // A folder in its place is no lock, and no reason to start from nothing.
  std::filesystem::create_directory(folder.path / "mesh.lock.yaml");
  CHECK_FALSE(read_lock(folder.path / "mesh.lock.yaml"));
}

TEST_CASE("a lock is written and read back") {
  Lock lock;
  lock.mesh = "m";
  lock.max_connected_clusters = 511;
  lock.node_ipv4 = 24;
  lock.node_ipv6 = 120;
  lock.clusters.push_back({"001",
                           "admin@a",
                           1,
                           Ipam::kubernetes,
                           {parse_prefix("10.0.0.0/16").value(), parse_prefix("fd00::/108").value()},
                           32379});
  lock.removed.push_back({"b", "b", std::nullopt, Ipam::cluster_pool, {}, std::nullopt});
  const auto read = read_lock_text(to_yaml(lock), "mesh.lock.yaml");
  REQUIRE(read);
  CHECK(*read == lock);
}

TEST_CASE("a damaged lock is refused") {
  const std::string head = "apiVersion: meshdrill/v1\nkind: MeshLock\nmetadata: {name: m}\n";
  for (const char* bad :
       {"", "clusters: {}\n", "clusters: [{id: 1}]\n", "clusters: [{name: a, id: 512}]\n",
        "clusters: [{name: a, podCIDRs: [10.0.0.1/8]}]\n", "clusters: []\nclustres: []\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(read_lock_text(head + bad, "mesh.lock.yaml"));
  }
  CHECK_FALSE(read_lock_text("kind: Mesh\n", "mesh.lock.yaml"));
}

}  // namespace meshdrill::mesh
