#include "mesh/allocate/allocate.hpp"

#include "mesh/mesh_text.hpp"

#include <set>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

std::string cluster(const std::string& name, const std::string& rest = {}) {
  // Addresses are apart, so that nothing but the numbers is at stake.
  static constexpr std::string_view names = "abcdefghij";
  const std::size_t at = names.find(name.front());
  return fmt::format("  - {{name: {}, {}{}apiserver: {{ips: [192.0.2.{}]}}}}\n", name, rest,
                     rest.empty() ? "" : ", ", at == std::string_view::npos ? 99 : at + 1);
}

const Cluster& of(const Allocation& allocation, const std::string& name) {
  for (const Cluster& cluster : allocation.mesh.clusters) {
    if (cluster.name == name) return cluster;
  }
  FAIL("no cluster ", name);
  return allocation.mesh.clusters.front();
}

std::string numbers(const Allocation& allocation, const std::string& name) {
  const Cluster& cluster = of(allocation, name);
  std::string pods;
  for (const LocatedPrefix& prefix : cluster.pod_cidrs) pods += to_string(prefix.prefix) + " ";
  return fmt::format("{} {}{}", cluster.id.value(), pods, cluster.apiserver.port.value());
}

const std::string dual = "{ipv4: {pool: 10.96.0.0/11, cluster: 16}, ipv6: {pool: 'fd00::/96', cluster: 108}}";

}  // namespace

TEST_CASE("numbers are given from the lowest up") {
  const Allocation given = load_text(mesh_text(cluster("a") + cluster("b"), {}, "{version: 1.18.0}", dual));
  CHECK(numbers(given, "a") == "1 10.96.0.0/16 fd00::/108 32379");
  CHECK(numbers(given, "b") == "2 10.97.0.0/16 fd00::10:0/108 32380");
  CHECK(given.findings.empty());
}

TEST_CASE("explicit numbers win and the others keep clear of them") {
  const Allocation given =
      load_text(mesh_text(cluster("a") + cluster("b", "id: 1, podCIDRs: [10.96.0.0/14]") +
                              cluster("c", "nodeCIDRs: [10.100.3.0/24]"),
                          "networks: [{name: vpn, cidr: 10.102.0.0/17}]\n"));
  CHECK(numbers(given, "a") == "2 10.101.0.0/16 32379");
  CHECK(numbers(given, "b") == "1 10.96.0.0/14 32380");
  CHECK(numbers(given, "c") == "3 10.103.0.0/16 32381");
}

TEST_CASE("a port that the file gives is not given again") {
  const Allocation given =
      load_text(mesh_text("  - {name: a, apiserver: {ips: [192.0.2.1]}}\n"
                          "  - {name: b, apiserver: {ips: [192.0.2.2], port: 32379}}\n"
                          "  - {name: c, apiserver: {ips: [192.0.2.3], type: LoadBalancer}}\n"));
  CHECK(of(given, "a").apiserver.port == 32380);
  CHECK(of(given, "b").apiserver.port == 32379);
  CHECK(of(given, "c").apiserver.port == 2379);
}

TEST_CASE("adding and removing clusters renumbers nobody") {
  const Allocation first = load_text(mesh_text(cluster("a") + cluster("b") + cluster("c")));
  const Allocation added =
      load_text(mesh_text(cluster("d") + cluster("c") + cluster("b") + cluster("a")), first.lock);
  for (const char* name : {"a", "b", "c"}) CHECK(numbers(added, name) == numbers(first, name));
  CHECK(numbers(added, "d") == "4 10.99.0.0/16 32382");

  const Allocation removed = load_text(mesh_text(cluster("c") + cluster("d")), added.lock);
  CHECK(numbers(removed, "c") == numbers(first, "c"));
  CHECK(numbers(removed, "d") == numbers(added, "d"));
  CHECK(removed.lock.removed.size() == 2);
  CHECK_FALSE(removed.lock.removed[0].node_port);  // ports are not precious

  // The numbers of those that left stay theirs.
  const Allocation later = load_text(mesh_text(cluster("c") + cluster("d") + cluster("e")), removed.lock);
  CHECK(of(later, "e").id == 5);
  CHECK(to_string(of(later, "e").pod_cidrs.at(0).prefix) == "10.100.0.0/16");

  const Allocation back =
      load_text(mesh_text(cluster("e") + cluster("b") + cluster("c") + cluster("d")), later.lock);
  CHECK(of(back, "b").id == 2);
  CHECK(to_string(of(back, "b").pod_cidrs.at(0).prefix) == "10.97.0.0/16");
  CHECK(back.lock.removed.size() == 1);
  CHECK(back.findings.empty());
}

TEST_CASE("allocating again changes nothing") {
  const std::string text = mesh_text(cluster("a", "id: 9") + cluster("b"), {}, "{version: 1.18.0}", dual);
  const Allocation first = load_text(text);
  const Allocation second = load_text(text, first.lock);
  CHECK(second.lock == first.lock);
  const auto reread = read_lock_text(to_yaml(first.lock), "mesh.lock.yaml");
  REQUIRE(reread);
  CHECK(*reread == first.lock);
}

TEST_CASE("another pool is for new clusters only") {
  const Allocation first = load_text(mesh_text(cluster("a")));
  const Allocation moved = load_text(mesh_text(cluster("a") + cluster("b"), {}, "{version: 1.18.0}",
                                               "{ipv4: {pool: 10.0.0.0/12, cluster: 20}}"),
                                     first.lock);
  CHECK(to_string(of(moved, "a").pod_cidrs.at(0).prefix) == "10.96.0.0/16");
  CHECK(to_string(of(moved, "b").pod_cidrs.at(0).prefix) == "10.0.0.0/20");
}

TEST_CASE("a second family is added to clusters that have one") {
  const Allocation first = load_text(mesh_text(cluster("a")));
  const Allocation second = load_text(mesh_text(cluster("a"), {}, "{version: 1.18.0}", dual), first.lock);
  CHECK(numbers(second, "a") == "1 10.96.0.0/16 fd00::/108 32379");
}

TEST_CASE("what would renumber a live cluster is refused") {
  Allocation first = load_text(mesh_text(cluster("a") + cluster("b"), {}, "{version: 1.18.0}", dual));
  first.lock.file = "mesh.lock.yaml";
  const auto refused = [&](const std::string& clusters, const std::string& addressing = dual) {
    return refusal(mesh_text(clusters, {}, "{version: 1.18.0}", addressing), first.lock);
  };
  CHECK(refused(cluster("a", "id: 3") + cluster("b")) ==
        "mesh.yaml:7:19: error: id: a has 1 (mesh.lock.yaml); 3 would renumber it [renumber]\n"
        "  On a live cluster that means restarting every workload. Keep 1, or leave id out. --allow-renumber "
        "does it nevertheless.\n");
  CHECK(refused(cluster("a", "podCIDRs: [10.120.0.0/16]") + cluster("b")) ==
        "mesh.yaml:7:26: error: podCIDRs: a has the Pods 10.96.0.0/16 (mesh.lock.yaml), which this list "
        "would take away [renumber]\n  On a live cluster that means restarting every workload, and nodes "
        "keep their old "
        "blocks until they are drained and join again. Keep 10.96.0.0/16 and add more after it. "
        "--allow-renumber does it nevertheless.\n");
  CHECK(refused(cluster("a") + cluster("b"), "{ipv4: {pool: 10.96.0.0/11, cluster: 16}}")
            .find("a has the Pods fd00::/108 (mesh.lock.yaml), and there is no ipv6 any more") !=
        std::string::npos);
  CHECK(refused(cluster("a") + cluster("c", "id: 2") + cluster("b"))
            .find("id: 2 is meant for c and for b (see mesh.lock.yaml)") != std::string::npos);
  CHECK(refused(cluster("a") + cluster("b") + cluster("c", "podCIDRs: [10.97.128.0/17]"))
            .find("10.97.128.0/17 (Pods of c) overlaps 10.97.0.0/16 (Pods of b") != std::string::npos);
  CHECK(refused(cluster("a") + cluster("z", "context: b")).find("context b was b until now") !=
        std::string::npos);
  CHECK(
      refused(cluster("a") + cluster("b"),
              "{ipv4: {pool: 10.96.0.0/11, cluster: 16, node: 25}, ipv6: {pool: "
              "\"fd00::/96\", cluster: 108, node: 120}}")
          .find(
              "addressing.ipv4.node: was 24 when the clusters were installed (mesh.lock.yaml), is 25 now") !=
      std::string::npos);
  CHECK(refused("  - {name: a, apiserver: {ips: [192.0.2.1]}}\n", "{ipv6: {node: 120}}")
            .find("there is no ipv4 any more") != std::string::npos);
}

TEST_CASE("what would renumber a live cluster can be allowed and then says what it costs") {
  Allocation first = load_text(mesh_text(cluster("a") + cluster("b"), {}, "{version: 1.18.0}", dual));
  first.lock.file = "mesh.lock.yaml";
  const auto allowed = [&](const std::string& clusters, const std::string& addressing = dual,
                           const std::string& rest = {}) {
    return load_text(mesh_text(clusters, rest, "{version: 1.18.0}", addressing), first.lock, Renumber::allow);
  };
  const auto said = [](const Allocation& given) {
    REQUIRE(given.findings.size() == 1);
    CHECK(given.findings[0].severity == Severity::warning);
    CHECK(given.findings[0].cure.find("restarting every workload") != std::string::npos);
    CHECK(given.findings[0].cure.find("--allow-renumber") == std::string::npos);
    return given.findings[0].what;
  };

  SUBCASE("another ID") {
    const Allocation given = allowed(cluster("a", "id: 3") + cluster("b"));
    CHECK(said(given) == "id: a has 1 (mesh.lock.yaml); 3 would renumber it");
    CHECK(numbers(given, "a") == "3 10.96.0.0/16 fd00::/108 32379");
    CHECK(numbers(given, "b") == numbers(first, "b"));
    CHECK(given.lock.clusters.at(0).id == 3);
    // The lock has it now, so that the next time needs no permission.
    CHECK(
        load_text(mesh_text(cluster("a", "id: 3") + cluster("b"), {}, "{version: 1.18.0}", dual), given.lock)
            .findings.empty());
  }
  SUBCASE("an ID that another cluster has") {
    const Allocation given = allowed(cluster("a", "id: 2") + cluster("b"));
    REQUIRE(given.findings.size() == 2);
    CHECK(given.findings[1].what == "id: b had 2 (mesh.lock.yaml), which is a's now; it gets another");
    CHECK(of(given, "a").id == 2);
    CHECK(of(given, "b").id == 1);
  }
  SUBCASE("other Pods") {
    const Allocation given = allowed(cluster("a", "podCIDRs: [10.120.0.0/16]") + cluster("b"));
    CHECK(said(given).find("a has the Pods 10.96.0.0/16") != std::string::npos);
    CHECK(numbers(given, "a") == "1 10.120.0.0/16 fd00::/108 32379");
  }
  SUBCASE("Pods in the way of another cluster's") {
    const Allocation given =
        allowed(cluster("a") + cluster("b") + cluster("c", "podCIDRs: [10.97.128.0/17]"));
    CHECK(
        said(given) ==
        "podCIDRs: b had the Pods 10.97.0.0/16 (mesh.lock.yaml), which overlap 10.97.128.0/17 of c; it gets "
        "others");
    CHECK(numbers(given, "b") == "2 10.98.0.0/16 fd00::10:0/108 32380");
  }
  SUBCASE("Pods in the way of a network") {
    const Allocation given =
        allowed(cluster("a") + cluster("b"), dual, "networks: [{name: vpn, cidr: 10.96.7.0/24}]\n");
    CHECK(said(given).find("overlap 10.96.7.0/24 of vpn") != std::string::npos);
    CHECK(numbers(given, "a") == "1 10.98.0.0/16 fd00::/108 32379");
  }
  SUBCASE("a family less") {
    const Allocation given =
        allowed(cluster("a") + cluster("b"), "{ipv4: {pool: 10.96.0.0/11, cluster: 16}}");
    CHECK(given.findings.size() == 2);
    CHECK(numbers(given, "a") == "1 10.96.0.0/16 32379");
  }
  SUBCASE("a new name") {
    const Allocation given = allowed(cluster("a") + cluster("z", "context: b"));
    CHECK(said(given) == "name: context b was b until now (mesh.lock.yaml), and would be z");
    CHECK(numbers(given, "z") == numbers(first, "b"));
    CHECK(given.lock.removed.empty());
  }
  SUBCASE("nothing to allow") {
    CHECK(allowed(cluster("a") + cluster("b")).findings.empty());
  }
}

TEST_CASE("how Cilium was installed does not change under live clusters") {
  Allocation first = load_text(mesh_text(cluster("a") + cluster("b"), {}, "{version: 1.18.0}", dual));
  first.lock.file = "mesh.lock.yaml";
  const std::string clusters = cluster("a") + cluster("b");
  const std::string wider = mesh_text(clusters, {}, "{version: 1.18.0, maxConnectedClusters: 511}", dual);
  CHECK(refusal(wider, first.lock).find("was 255 when the clusters were installed") != std::string::npos);
  CHECK(load_text(wider, first.lock, Renumber::allow).lock.max_connected_clusters == 511);

  const std::string other =
      mesh_text(cluster("a") + cluster("b", "cilium: {ipam: kubernetes}"), {}, "{version: 1.18.0}", dual);
  CHECK(refusal(other, first.lock).find("b has cluster-pool (mesh.lock.yaml), and would have kubernetes") !=
        std::string::npos);
  const Allocation moved = load_text(other, first.lock, Renumber::allow);
  CHECK(moved.lock.clusters.at(1).ipam == Ipam::kubernetes);
  CHECK(numbers(moved, "a") == numbers(first, "a"));
}

TEST_CASE("clusters whose IDs are limited choose first and skip what they cannot have") {
  std::string clusters;
  for (int i = 0; i < 130; ++i) {
    clusters += fmt::format("  - {{name: p{}, apiserver: {{ips: [192.0.3.{}]}}}}\n", i, i + 1);
  }
  for (int i = 0; i < 127; ++i) {
    clusters += fmt::format(
        "  - {{name: e{}, cilium: {{ipam: eni}}, podCIDRs: [172.16.{}.0/24], apiserver: {{ips: "
        "[192.0.2.{}]}}}}\n",
        i, i, i + 1);
  }
  const std::string addressing = "{ipv4: {pool: 10.0.0.0/8, cluster: 17, node: 24}}";
  const std::string small =
      mesh_text(clusters, {}, "{version: 1.18.0, maxConnectedClusters: 511}", addressing);
  const Allocation given = load_text(small);
  CHECK(of(given, "e0").id == 1);
  CHECK(of(given, "e126").id == 127);
  CHECK(of(given, "p0").id == 128);
  clusters +=
      "  - {name: e127, cilium: {ipam: eni}, podCIDRs: [172.16.200.0/24], apiserver: {ips: [192.0.2.200]}}\n";
  const std::string large =
      mesh_text(clusters, {}, "{version: 1.18.0, maxConnectedClusters: 511}", addressing);
  CHECK(of(load_text(large), "e127").id == 256);
  CHECK(refusal(mesh_text(clusters, {}, "{version: 1.18.0}", addressing)).find("clusters are more than") !=
        std::string::npos);
}

TEST_CASE("a lock of another mesh is refused") {
  Lock lock;
  lock.mesh = "other";
  lock.file = "mesh.lock.yaml";
  CHECK(refusal(mesh_text(cluster("a")), lock).find("belongs to the mesh \"other\"") != std::string::npos);
}

TEST_CASE("the number of clusters that Cilium was installed for cannot shrink below a live ID") {
  const Allocation first =
      load_text(mesh_text(cluster("a", "id: 300"), {}, "{version: 1.18.0, maxConnectedClusters: 511}"));
  CHECK(refusal(mesh_text(cluster("a")), first.lock).find("a has 300") != std::string::npos);
}

TEST_CASE("more Pod CIDRs may follow those that are in use") {
  const Allocation first = load_text(mesh_text(cluster("a")));
  const Allocation grown =
      load_text(mesh_text(cluster("a", "podCIDRs: [10.96.0.0/16, 10.120.0.0/16]")), first.lock);
  CHECK(numbers(grown, "a") == "1 10.96.0.0/16 10.120.0.0/16 32379");
}

TEST_CASE("a removed cluster's numbers are reused only when the file says so and then not silently") {
  const Allocation first = load_text(mesh_text(cluster("a") + cluster("b")));
  const Allocation removed = load_text(mesh_text(cluster("a")), first.lock);
  const Allocation reused =
      load_text(mesh_text(cluster("a") + cluster("c", "id: 2, podCIDRs: [10.97.0.0/16]")), removed.lock);
  REQUIRE(reused.findings.size() == 2);
  CHECK(reused.findings[0].severity == Severity::warning);
  CHECK(reused.findings[0].what.find("id: 2 was b's, which was removed") != std::string::npos);
  CHECK(reused.findings[1].what.find("podCIDRs: 10.97.0.0/16 was b's") != std::string::npos);
  const Allocation again =
      load_text(mesh_text(cluster("a") + cluster("c", "id: 2, podCIDRs: [10.97.0.0/16]")), reused.lock);
  CHECK(again.findings.empty());  // said once
  const Allocation back = load_text(mesh_text(cluster("a") + cluster("b") + cluster("c")), reused.lock);
  CHECK(numbers(back, "b") == "3 10.98.0.0/16 32381");
  CHECK(of(back, "c").id == 2);
}

TEST_CASE("removed clusters count when a pool runs out") {
  const std::string small = "{ipv4: {pool: 10.96.0.0/15, cluster: 16}}";
  const Allocation first = load_text(mesh_text(cluster("a") + cluster("b"), {}, "{version: 1.18.0}", small));
  const Allocation removed = load_text(mesh_text(cluster("a"), {}, "{version: 1.18.0}", small), first.lock);
  CHECK(refusal(mesh_text(cluster("a") + cluster("c"), {}, "{version: 1.18.0}", small), removed.lock)
            .find("delete clusters under \"removed\"") != std::string::npos);
}

TEST_CASE("511 clusters get 511 of everything and keep it") {
  std::string clusters;
  for (int i = 0; i < 511; ++i) {
    clusters +=
        fmt::format("  - {{name: c{}, apiserver: {{ips: [192.0.{}.{}]}}}}\n", i, 2 + i / 250, 1 + i % 250);
  }
  const std::string text = mesh_text(clusters, {}, "{version: 1.18.0, maxConnectedClusters: 511}",
                                     "{ipv4: {pool: 10.0.0.0/8, cluster: 17, node: 24}}");
  const Allocation first = load_text(text);
  std::set<int> ids;
  std::set<int> ports;
  std::set<IpPrefix> pods;
  for (const Cluster& cluster : first.mesh.clusters) {
    ids.insert(cluster.id.value());
    ports.insert(cluster.apiserver.port.value());
    pods.insert(cluster.pod_cidrs.at(0).prefix);
  }
  CHECK(ids.size() == 511);
  CHECK(*ids.rbegin() == 511);
  CHECK(ports.size() == 511);
  CHECK(*ports.begin() >= 30000);
  CHECK(*ports.rbegin() <= 32767);
  CHECK(pods.size() == 511);
  CHECK(load_text(text, first.lock).lock == first.lock);
}

}  // namespace meshdrill::mesh
