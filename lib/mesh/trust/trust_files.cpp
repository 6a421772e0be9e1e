#include "mesh/trust/trust_files.hpp"

#include "base/certificate_facts.hpp"
#include "base/files.hpp"
#include "mesh/findings.hpp"
#include "mesh/trust/mesh_certificates.hpp"
#include "mesh/trust/peer_certificates.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::days authority_validity{3650};
constexpr std::chrono::days authority_warning{90};

Location file_location(const fs::path& path) {
  return {path.string(), 0, 0};
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Result<KeyPair> make_mesh_authority() {
  return make_authority("Cilium CA", authority_validity);
}

// What is wrong with a CA as it was read.
void check_authority(const KeyPair& authority, const AuthorityFiles& files, Now now, Findings& found) {
  const Result<CertificateFacts> facts = read_certificate(authority.certificate);
  const Location where = file_location(files.certificate);
  if (!facts) return found.error("ca-file", where, facts.error().message);
  if (!facts->authority)
    return found.error("ca-file", where, "this certificate is no CA: it may not issue others");
  if (facts->not_after <= now)
    return found.error("ca-file", where, "the CA has expired",
                       "Make another: all clusters get new certificates.");
  if (facts->not_after - now < authority_warning) {
    found.warning("ca-file", where,
                  fmt::format("the CA expires in {} days", (facts->not_after - now) / std::chrono::days{1}));
  }
  if (!facts->self_issued) {
    found.warning("ca-file", where,
                  "this CA is an intermediate one, which Cilium has failed to verify (cilium/cilium#43099)",
                  "Use a root.");
  }
  if (!authority.key.empty() && !key_fits(authority)) {
    found.error("ca-file", file_location(files.key),
                fmt::format("this is not the key of {}", files.certificate.string()));
  }
}

// Reads the CA, or makes it when it is to be the mesh's own and there is none yet. A key that is missing is
// an error only once something has to be issued.
std::optional<KeyPair> authority_of(const Mesh& mesh, const AuthorityFiles& files, Now now,
                                    LoadedTrust& loaded, Findings& found) {
  const bool own = mesh.trust.ca_certificate.empty();
  if (!is_there(files.certificate) && own) {
    if (is_there(files.key)) {
      found.error("ca-file", file_location(files.key),
                  fmt::format("here is the key of a CA, but {} is missing", files.certificate.string()),
                  "Put it back, or move the key away to have another CA made.");
      return std::nullopt;
    }
    const Result<KeyPair> made = make_mesh_authority();
    if (!made) {
      found.error("ca-file", mesh.trust.where, made.error().message);
      return std::nullopt;
    }
    loaded.new_authority = true;
    return *made;
  }
  KeyPair authority;
  const auto read = [&](const fs::path& path, std::string& to) {
    Result<std::string> text = read_file(path, std::size_t{1} << 20);
    if (text)
      to = std::move(*text);
    else
      found.error("ca-file", mesh.trust.where, fmt::format("trust.ca: {}", text.error().message));
  };
  read(files.certificate, authority.certificate);
  if (!own || is_there(files.key)) read(files.key, authority.key);
  if (!authority.certificate.empty()) check_authority(authority, files, now, found);
  return authority;
}

}  // namespace

AuthorityFiles authority_files(const Trust& trust, const fs::path& mesh_file) {
  const fs::path folder = mesh_file.parent_path();
  if (!trust.ca_certificate.empty()) return {folder / trust.ca_certificate, folder / trust.ca_key};
  const std::string stem = mesh_file.stem().string();
  return {folder / (stem + ".ca.crt"), folder / (stem + ".ca.key")};
}

Checked<LoadedTrust> load_trust(const Mesh& mesh, const fs::path& mesh_file, const fs::path& folder, Now now,
                                const PulledSecrets& pulled) {
  LoadedTrust loaded;
  Findings found;
  if (mesh.trust.mode == Trust::Mode::shared_ca) {
    const AuthorityFiles files = authority_files(mesh.trust, mesh_file);
    std::optional<KeyPair> authority = authority_of(mesh, files, now, loaded, found);
    if (authority && !found.has_errors()) {
      loaded.material.authority = std::move(*authority);
      if (issues_certificates(mesh.trust)) {
        load_certificates(mesh, files, folder, now, loaded.material, found);
      } else if (loaded.material.authority.key.empty()) {
        found.error("ca-file", file_location(files.key),
                    "the CA's key is not here, and the chart needs it to issue certificates",
                    "Put the key there, with mode 0600, or generate where it is.");
      }
    }
  } else if (mesh.trust.mode == Trust::Mode::inlined) {
    load_peers(mesh, mesh_file.parent_path() / mesh.trust.folder, now, pulled, loaded.material, found);
  }
  loaded.findings = found.take();
  if (has_errors(loaded.findings)) return tl::unexpected(std::move(loaded.findings));
  return loaded;
}

Result<> keep_authority(const AuthorityFiles& files, const KeyPair& authority) {
  return write_file(files.key, authority.key, 0600).and_then([&] {
    return write_file(files.certificate, authority.certificate);
  });
}

Result<TrustMaterial> make_trust(const Mesh& mesh) {
  TrustMaterial material;
  if (mesh.trust.mode != Trust::Mode::shared_ca) return material;
  Result<KeyPair> authority = make_mesh_authority();
  if (!authority) return tl::unexpected(authority.error());
  material.authority = std::move(*authority);
  if (!issues_certificates(mesh.trust)) return material;
  const auto made = make_certificates(mesh, std::chrono::system_clock::now(), material);
  if (!made) return tl::unexpected(made.error());
  return material;
}

}  // namespace meshdrill::mesh
