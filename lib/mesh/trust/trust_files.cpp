#include "mesh/trust/trust_files.hpp"

#include "base/certificate_facts.hpp"
#include "base/document.hpp"
#include "base/files.hpp"
#include "mesh/findings.hpp"
#include "mesh/render/render_parts.hpp"
#include "mesh/trust/certificate_plan.hpp"
#include "mesh/trust/peer_certificates.hpp"
#include "mesh/trust/secret_manifest.hpp"

#include <algorithm>

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
  if (!facts) return found.error(where, facts.error().message);
  if (!facts->authority) return found.error(where, "this certificate is no CA: it may not issue others");
  if (facts->not_after <= now)
    return found.error(where, "the CA has expired", "Make another: all clusters get new certificates.");
  if (facts->not_after - now < authority_warning) {
    found.warning(where,
                  fmt::format("the CA expires in {} days", (facts->not_after - now) / std::chrono::days{1}));
  }
  if (!facts->self_issued) {
    found.warning(where,
                  "this CA is an intermediate one, which Cilium has failed to verify (cilium/cilium#43099)",
                  "Use a root.");
  }
  if (!authority.key.empty() && !key_fits(authority)) {
    found.error(file_location(files.key),
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
      found.error(file_location(files.key),
                  fmt::format("here is the key of a CA, but {} is missing", files.certificate.string()),
                  "Put it back, or move the key away to have another CA made.");
      return std::nullopt;
    }
    const Result<KeyPair> made = make_mesh_authority();
    if (!made) {
      found.error(mesh.trust.where, made.error().message);
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
      found.error(mesh.trust.where, fmt::format("trust.ca: {}", text.error().message));
  };
  read(files.certificate, authority.certificate);
  if (!own || is_there(files.key)) read(files.key, authority.key);
  if (!authority.certificate.empty()) check_authority(authority, files, now, found);
  return authority;
}

// Whether a certificate from the last time is still what would be issued today.
bool still_good(const TlsSecret& secret, const PlannedCertificate& planned, const KeyPair& authority,
                Now now) {
  const Result<CertificateFacts> facts = read_certificate(secret.pair.certificate);
  if (!facts || secret.authority != authority.certificate) return false;
  const auto sorted = [](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    return names;
  };
  return facts->common_name == planned.request.common_name &&
         sorted(facts->dns_names) == sorted(planned.request.dns_names) &&
         sorted(facts->ip_addresses) == sorted(planned.request.ip_addresses) &&
         (facts->not_after - now) * 3 >= facts->not_after - facts->not_before &&
         signed_by(secret.pair.certificate, authority.certificate) && key_fits(secret.pair);
}

// The Secrets of the last time; none when the file is missing or is nothing of ours.
std::vector<TlsSecret> kept_secrets(const fs::path& path) {
  if (!is_there(path)) return {};
  const Checked<Node> document = read_document(path.string());
  if (!document) return {};
  Checked<std::vector<TlsSecret>> secrets = read_secrets(*document);
  return secrets ? std::move(*secrets) : std::vector<TlsSecret>{};
}

// Issues with the mesh's CA, which is read when the first certificate is needed. None outlives the CA.
class MeshIssuer {
 public:
  MeshIssuer(const KeyPair& authority, Now now) : authority_(authority), now_(now) {}

  Result<KeyPair> issue(CertificateRequest request) {
    if (!issuer_) {
      Result<CertificateIssuer> made = CertificateIssuer::make(authority_);
      const Result<CertificateFacts> facts = read_certificate(authority_.certificate);
      if (!made || !facts) return tl::unexpected(made ? facts.error() : made.error());
      issuer_ = std::move(*made);
      left_ = facts->not_after - now_;
    }
    request.validity = std::min(request.validity, left_);
    return issuer_->issue(request);
  }

 private:
  const KeyPair& authority_;
  Now now_;
  std::optional<CertificateIssuer> issuer_;
  Duration left_{};
};

void load_secrets(const Mesh& mesh, const AuthorityFiles& files, const fs::path& folder, Now now,
                  TrustMaterial& material, Findings& found) {
  MeshIssuer issuer{material.authority, now};
  for (const Cluster& cluster : mesh.clusters) {
    const std::vector<TlsSecret> kept = kept_secrets(folder / certificates_path(cluster));
    std::vector<TrustMaterial::Secret>& secrets = material.secrets[cluster.name];
    for (const PlannedCertificate& planned : certificate_plan(mesh, cluster)) {
      const auto same = std::find_if(kept.begin(), kept.end(),
                                     [&](const TlsSecret& secret) { return secret.name == planned.secret; });
      if (same != kept.end() && still_good(*same, planned, material.authority, now)) {
        secrets.push_back({planned.secret, same->pair});
        continue;
      }
      if (material.authority.key.empty()) {
        return found.error(file_location(files.key),
                           fmt::format("the CA's key is not here, and {} of {} has to be issued",
                                       planned.secret, cluster.name),
                           "Put the key there, with mode 0600, or generate where it is.");
      }
      Result<KeyPair> pair = issuer.issue(planned.request);
      if (!pair) return found.error(mesh.trust.where, pair.error().message);
      secrets.push_back({planned.secret, std::move(*pair)});
    }
  }
}

}  // namespace

AuthorityFiles authority_files(const Trust& trust, const fs::path& mesh_file) {
  const fs::path folder = mesh_file.parent_path();
  if (!trust.ca_certificate.empty()) return {folder / trust.ca_certificate, folder / trust.ca_key};
  const std::string stem = mesh_file.stem().string();
  return {folder / (stem + ".ca.crt"), folder / (stem + ".ca.key")};
}

Checked<LoadedTrust> load_trust(const Mesh& mesh, const fs::path& mesh_file, const fs::path& folder,
                                Now now) {
  LoadedTrust loaded;
  Findings found;
  if (mesh.trust.mode == Trust::Mode::shared_ca) {
    const AuthorityFiles files = authority_files(mesh.trust, mesh_file);
    std::optional<KeyPair> authority = authority_of(mesh, files, now, loaded, found);
    if (authority && !found.has_errors()) {
      loaded.material.authority = std::move(*authority);
      if (issues_certificates(mesh.trust)) {
        load_secrets(mesh, files, folder, now, loaded.material, found);
      } else if (loaded.material.authority.key.empty()) {
        found.error(file_location(files.key),
                    "the CA's key is not here, and the chart needs it to issue certificates",
                    "Put the key there, with mode 0600, or generate where it is.");
      }
    }
  } else if (mesh.trust.mode == Trust::Mode::inlined) {
    load_peers(mesh, mesh_file.parent_path() / mesh.trust.folder, now, loaded.material, found);
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
  const Result<CertificateIssuer> issuer = CertificateIssuer::make(material.authority);
  if (!issuer) return tl::unexpected(issuer.error());
  for (const Cluster& cluster : mesh.clusters) {
    for (const PlannedCertificate& planned : certificate_plan(mesh, cluster)) {
      Result<KeyPair> pair = issuer->issue(planned.request);
      if (!pair) return tl::unexpected(pair.error());
      material.secrets[cluster.name].push_back({planned.secret, std::move(*pair)});
    }
  }
  return material;
}

}  // namespace meshdrill::mesh
