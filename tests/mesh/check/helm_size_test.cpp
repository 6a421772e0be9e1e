#include "mesh/check/helm_size.hpp"

#include "mesh/charts.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

Mesh mesh_of(int clusters, const std::string& version, const std::string& trust) {
  std::string text;
  for (int i = 0; i < clusters; ++i) {
    text += fmt::format("  - {{name: c{}, apiserver: {{ips: [192.0.{}.{}]}}}}\n", i, i / 250, i % 250 + 1);
  }
  return load_text(mesh_text(text, "trust: " + trust + "\n",
                             fmt::format("{{version: {}, maxConnectedClusters: 511}}", version),
                             "{ipv4: {pool: 10.0.0.0/8, cluster: 17}}"))
      .mesh;
}

const std::string inlined = "{mode: inline, folder: peers}";

// Peers whose certificate, key and CA are those of RSA-2048 in size.
TrustMaterial rsa_peers(const Mesh& mesh) {
  TrustMaterial material;
  for (const Cluster& cluster : mesh.clusters) {
    material.peers[cluster.name] = {{std::string(1200, 'c'), std::string(1704, 'k')}, std::string(1196, 'a')};
  }
  return material;
}

Diagnostics findings(const Mesh& mesh, const TrustMaterial* material) {
  Findings found;
  check_release_size(mesh, material, found);
  return found.take();
}

}  // namespace

TEST_CASE("the bare chart takes the share that was measured") {
  const auto percent = [](const char* version) {
    const Mesh mesh = mesh_of(1, version, "{mode: sharedCA}");
    return 100 * release_size(mesh, mesh.clusters[0], 0).release / secret_limit;
  };
  CHECK(percent("1.18.12") == doctest::Approx(41).epsilon(0.03));
  CHECK(percent("1.19.6") == doctest::Approx(44).epsilon(0.03));
  CHECK(percent("1.20.0") == doctest::Approx(46).epsilon(0.03));
}

TEST_CASE("the charts' shares follow the size of their own files") {
  const auto found = charts();
  if (found.empty()) MESSAGE("skipped: no charts in ../shared/cilium-chart");
  for (const auto& [version, folder] : found) {
    const std::string text = fmt::format("1.{}.{}", version.minor, version.patch);
    CAPTURE(text);
    const Mesh mesh = mesh_of(1, text, "{mode: sharedCA}");
    const auto share = static_cast<double>(release_size(mesh, mesh.clusters[0], 0).release);
    const auto files = static_cast<double>(std::filesystem::file_size(folder / "values.yaml") +
                                           std::filesystem::file_size(folder / "values.schema.json"));
    // 1.35 where the package is slim; two files more, a fifth, where it is not.
    CHECK(share / files > 1.30);
    CHECK(share / files < 1.75);
    const bool slim = version.minor == 20 || (version.minor == 19 && version.patch >= 5) ||
                      (version.minor == 18 && version.patch >= 11) ||
                      (version.minor == 17 && version.patch >= 17);
    if (slim) CHECK(share / files < 1.42);
  }
}

TEST_CASE("a common CA keeps the largest mesh far below the limit") {
  for (const char* version : {"1.18.12", "1.20.0"}) {
    CHECK(findings(mesh_of(511, version, "{mode: sharedCA}"), nullptr).empty());
  }
}

TEST_CASE("about sixty peers with inline certificates pass the limit") {
  const auto said = [](int clusters) {
    const Mesh mesh = mesh_of(clusters, "1.20.0", inlined);
    const TrustMaterial material = rsa_peers(mesh);
    return findings(mesh, &material);
  };
  CHECK(said(45).empty());
  CHECK_FALSE(has_errors(said(56)));
  REQUIRE(has_errors(said(64)));
  CHECK(said(64).front().cure.find("sharedCA") != std::string::npos);
}

TEST_CASE("a size that is scaled says so") {
  const auto said = [](const char* version) {
    const Diagnostics found = findings(mesh_of(70, version, inlined), nullptr);
    REQUIRE_FALSE(found.empty());
    return found.front().what;
  };
  CHECK(said("1.17.18").find("scaled from that of 1.18") != std::string::npos);
  CHECK(said("1.18.12").find("scaled") == std::string::npos);
}

TEST_CASE("what is not known yet warns and refuses nothing") {
  const Diagnostics said = findings(mesh_of(100, "1.20.0", inlined), nullptr);
  CHECK_FALSE(said.empty());
  CHECK_FALSE(has_errors(said));
}

TEST_CASE("the Secret of kvstoremesh has a limit of its own near 240 peers") {
  const Mesh mesh = mesh_of(250, "1.20.0", inlined);
  CHECK(release_size(mesh, mesh.clusters[0], 4100).kvstoremesh > secret_limit);
  const Mesh fewer = mesh_of(230, "1.20.0", inlined);
  CHECK(release_size(fewer, fewer.clusters[0], 4100).kvstoremesh < secret_limit);
}

}  // namespace meshdrill::mesh
