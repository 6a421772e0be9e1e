#include "base/base64.hpp"
#include "base/certificate_facts.hpp"
#include "base/files.hpp"
#include "mesh/mesh_text.hpp"
#include "mesh/render/render.hpp"
#include "mesh/trust/certificate_findings.hpp"
#include "mesh/trust/secret_manifest.hpp"
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

  // What stands in the folder now.
  [[nodiscard]] std::vector<TlsSecret> secrets(const std::string& cluster) const {
    const auto document = read_document((home / "out" / cluster / "secrets/certificates.yaml").string());
    REQUIRE(document);
    return read_secrets(*document).value();
  }
  [[nodiscard]] std::string certificate(const std::string& cluster, std::size_t index) const {
    return secrets(cluster).at(index).pair.certificate;
  }

  fs::path home = make_temporary_folder("trust").value();
};

Mesh two(const std::string& rest = {}, const std::string& version = "1.20.0") {
  return load_text(mesh_text("  - {name: a, apiserver: {ips: [192.0.2.1]}}\n  - {name: b, apiserver: {ips: "
                             "[192.0.2.2]}}\n",
                             rest, "{version: " + version + "}"))
      .mesh;
}

}  // namespace

TEST_CASE("certificates are kept until a third of their life is left") {
  const TrustFolder folder;
  const Mesh mesh = two();
  const Now start = std::chrono::system_clock::now();
  folder.generate(mesh, start);
  const std::string first = folder.certificate("a", 0);
  const TrustMaterial later = folder.generate(mesh, start + days{200});
  CHECK(folder.certificate("a", 0) == first);
  const TrustMaterial renewed = folder.generate(mesh, start + days{260});  // of 365
  CHECK(folder.certificate("a", 0) != first);
  CHECK(renewed.authority.certificate == later.authority.certificate);
}

TEST_CASE("a certificate that no longer fits the mesh is issued anew and the others stay") {
  const TrustFolder folder;
  const Now now = std::chrono::system_clock::now();
  folder.generate(two(), now);
  const std::vector<TlsSecret> before = folder.secrets("a");
  Mesh mesh = two();
  mesh.cilium.domain = "cern.ch";
  folder.generate(mesh, now);
  CHECK(folder.certificate("a", 0) != before[0].pair.certificate);
  for (std::size_t client = 1; client < 4; ++client) {
    CHECK(folder.certificate("a", client) == before[client].pair.certificate);
  }
}

TEST_CASE("a file that is still what was written is kept as it stands, and only then") {
  const TrustFolder folder;
  const Mesh mesh = two();
  const Now now = std::chrono::system_clock::now();
  folder.generate(mesh, now);
  const fs::path file = folder.home / "out/a/secrets/certificates.yaml";
  const std::string written = read_file(file).value();
  CHECK(folder.generate(mesh, now).certificates.at("a").kept_file == written);

  // Somebody put b's server certificate into it: its first lines are no longer to be believed.
  const std::string own = encode_base64(folder.certificate("a", 0));
  std::string forged = written;
  forged.replace(forged.find(own), own.size(), encode_base64(folder.certificate("b", 0)));
  REQUIRE(write_file(file, forged, 0600));
  const auto trust = load_trust(mesh, folder.home / "mesh.yaml", folder.home / "out", now);
  REQUIRE(trust);
  CHECK(trust->material.certificates.at("a").kept_file.empty());
  CHECK(trust->material.certificates.at("a").secrets.at(0).pair.certificate !=
        folder.certificate("b", 0));  // whose key it is not
  CHECK(trust->material.certificates.at("b").kept_file.size() > 0);

  // Another namespace of Cilium stands in every Secret.
  REQUIRE(write_file(file, written, 0600));
  Mesh moved = two();
  moved.cilium.kube_namespace = "cilium";
  folder.generate(moved, now);
  CHECK(read_file(file).value().find("namespace: cilium") != std::string::npos);
}

TEST_CASE("validity is the chart's own unless the mesh says otherwise") {
  const auto valid_for = [](const Mesh& mesh) {
    const TrustMaterial made = make_trust(mesh).value();
    const CertificateFacts facts =
        read_certificate(made.certificates.at("a").secrets.at(0).pair.certificate).value();
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
