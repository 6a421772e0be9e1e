#include "base/certificate_facts.hpp"
#include "base/files.hpp"
#include "mesh/mesh_text.hpp"
#include "mesh/render/render.hpp"
#include "mesh/trust/certificate_findings.hpp"
#include "mesh/trust/trust_files.hpp"
#include "mesh/write/write_tree.hpp"

#include <algorithm>

namespace meshdrill::mesh {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;

// A mesh of two clusters in a folder of its own.
class TrustFolder {
 public:
  TrustFolder() = default;
  TrustFolder(const TrustFolder&) = delete;
  TrustFolder& operator=(const TrustFolder&) = delete;
  ~TrustFolder() { fs::remove_all(home); }

  // As generate does; returns the certificates.
  TrustMaterial generate(const Mesh& mesh, Now now) const {
    const auto trust = load_trust(mesh, home / "mesh.yaml", home / "out", now);
    REQUIRE_MESSAGE(trust, to_string(trust ? Diagnostics{} : trust.error()));
    if (trust->new_authority) {
      REQUIRE(keep_authority(authority_files(mesh.trust, home / "mesh.yaml"), trust->material.authority));
    }
    auto tree = StagedTree::stage(home / "out", render(mesh, trust->material), false);
    REQUIRE(tree);
    REQUIRE(tree->commit());
    return trust->material;
  }

  fs::path home = make_temporary_folder("trust").value();
};

Mesh two(const std::string& rest = {}, const std::string& version = "1.20.0") {
  return load_text(mesh_text("  - {name: a, apiserver: {ips: [192.0.2.1]}}\n  - {name: b, apiserver: {ips: "
                             "[192.0.2.2]}}\n",
                             rest, "{version: " + version + "}"))
      .mesh;
}

std::string certificate(const TrustMaterial& material, const std::string& cluster, std::size_t index) {
  return material.secrets.at(cluster).at(index).pair.certificate;
}

}  // namespace

TEST_CASE("certificates are kept until a third of their life is left") {
  const TrustFolder folder;
  const Mesh mesh = two();
  const Now start = std::chrono::system_clock::now();
  const TrustMaterial first = folder.generate(mesh, start);
  const TrustMaterial later = folder.generate(mesh, start + days{200});
  CHECK(certificate(later, "a", 0) == certificate(first, "a", 0));
  const TrustMaterial renewed = folder.generate(mesh, start + days{260});  // of 365
  CHECK(certificate(renewed, "a", 0) != certificate(first, "a", 0));
  CHECK(renewed.authority.certificate == first.authority.certificate);
}

TEST_CASE("a certificate that no longer fits the mesh is issued anew and the others stay") {
  const TrustFolder folder;
  const Now now = std::chrono::system_clock::now();
  const TrustMaterial before = folder.generate(two(), now);
  Mesh mesh = two();
  mesh.cilium.domain = "cern.ch";
  const TrustMaterial after = folder.generate(mesh, now);
  CHECK(certificate(after, "a", 0) != certificate(before, "a", 0));
  for (std::size_t client = 1; client < 4; ++client) {
    CHECK(certificate(after, "a", client) == certificate(before, "a", client));
  }
}

TEST_CASE("validity is the chart's own unless the mesh says otherwise") {
  const auto valid_for = [](const Mesh& mesh) {
    const TrustMaterial made = make_trust(mesh).value();
    const CertificateFacts facts = read_certificate(certificate(made, "a", 0)).value();
    return (facts.not_after - std::chrono::system_clock::now() + std::chrono::hours{1}) / days{1};
  };
  CHECK(valid_for(two({}, "1.19.6")) == 1095);
  CHECK(valid_for(two({}, "1.20.0")) == 365);
  CHECK(valid_for(two("trust: {validityDays: 90}\n")) == 90);
}

TEST_CASE("what expires is said in time") {
  const TrustFolder folder;
  const Now start = std::chrono::system_clock::now();
  folder.generate(two(), start);
  const auto said = [&](Now now, Severity severity) {
    const Diagnostics all = certificate_findings(folder.home / "out", now);
    return std::count_if(all.begin(), all.end(),
                         [&](const Diagnostic& one) { return one.severity == severity; });
  };
  CHECK(said(start, Severity::note) == 2);
  CHECK(said(start, Severity::warning) == 0);
  CHECK(said(start + days{340}, Severity::warning) == 8);
  CHECK(said(start + days{366}, Severity::error) == 8);
  CHECK(certificate_findings(folder.home, start).empty());  // no tree
}

TEST_CASE("a CA that is about to expire, that has expired, or that is none") {
  const TrustFolder folder;
  const Mesh mesh = two();
  const Now start = std::chrono::system_clock::now();
  folder.generate(mesh, start);
  const auto load = [&](Now now) {
    return load_trust(mesh, folder.home / "mesh.yaml", folder.home / "out", now);
  };
  const auto near = load(start + days{3600});
  REQUIRE(near);
  CHECK(to_string(near->findings).find("the CA expires in") != std::string::npos);
  const auto over = load(start + days{3651});
  REQUIRE_FALSE(over);
  CHECK(to_string(over.error()).find("the CA has expired") != std::string::npos);
  const KeyPair leaf = issue_certificate(make_authority("CA", days{9}).value(), {.common_name = "x"}).value();
  REQUIRE(write_file(folder.home / "mesh.ca.crt", leaf.certificate));
  const auto none = load(start);
  REQUIRE_FALSE(none);
  CHECK(to_string(none.error()).find("this certificate is no CA") != std::string::npos);
}

TEST_CASE("a key without its CA is not written over") {
  const TrustFolder folder;
  REQUIRE(write_file(folder.home / "mesh.ca.key", "a key\n", 0600));
  const auto loaded =
      load_trust(two(), folder.home / "mesh.yaml", folder.home / "out", std::chrono::system_clock::now());
  REQUIRE_FALSE(loaded);
  CHECK(to_string(loaded.error()).find("here is the key of a CA") != std::string::npos);
}

}  // namespace meshdrill::mesh
