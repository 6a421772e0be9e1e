#include "mesh/trust/mesh_certificates.hpp"

#include "base/certificate_facts.hpp"
#include "base/document.hpp"
#include "mesh/render/render_parts.hpp"
#include "mesh/trust/certificate_plan.hpp"
#include "mesh/trust/kept_certificates.hpp"
#include "mesh/trust/secret_manifest.hpp"
#include "mesh/write/tree_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

namespace fs = std::filesystem;

// A certificate is renewed once a third of its life is left.
Now renewal(Now not_before, Now not_after) {
  return not_after - (not_after - not_before) / 3;
}

// When to renew a certificate of the last time; nothing when it is not what would be issued today.
std::optional<Now> still_good(const TlsSecret& secret, const PlannedCertificate& planned,
                              const KeyPair& authority, Now now) {
  const Result<CertificateFacts> facts = read_certificate(secret.pair.certificate);
  if (!facts || secret.authority != authority.certificate) return std::nullopt;
  const auto sorted = [](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    return names;
  };
  const Now renew_after = renewal(facts->not_before, facts->not_after);
  const bool good = facts->common_name == planned.request.common_name &&
                    sorted(facts->dns_names) == sorted(planned.request.dns_names) &&
                    sorted(facts->ip_addresses) == sorted(planned.request.ip_addresses) &&
                    renew_after >= now && signed_by(secret.pair.certificate, authority.certificate) &&
                    key_fits(secret.pair);
  return good ? std::optional{renew_after} : std::nullopt;
}

// The Secrets of the last time; none when the file is missing or is nothing of ours.
std::vector<TlsSecret> kept_secrets(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  const Checked<Node> document = read_document(path.string());
  if (!document) return {};
  Checked<std::vector<TlsSecret>> secrets = read_secrets(*document);
  return secrets ? std::move(*secrets) : std::vector<TlsSecret>{};
}

// Issues with the mesh's CA, which is read when the first certificate is needed. None outlives the CA.
class MeshIssuer {
 public:
  MeshIssuer(const KeyPair& authority, Now now) : authority_(authority), now_(now) {}

  // All that `plan` asks for: those of `before` that will do, and the others anew.
  Result<TrustMaterial::Certificates> renew(const std::vector<PlannedCertificate>& plan,
                                            const std::vector<TlsSecret>& before = {}) {
    TrustMaterial::Certificates made;
    made.renew_after = Now::max();
    for (const PlannedCertificate& planned : plan) {
      const auto same = std::find_if(before.begin(), before.end(),
                                     [&](const TlsSecret& secret) { return secret.name == planned.secret; });
      if (same != before.end()) {
        if (const auto renew_after = still_good(*same, planned, authority_, now_)) {
          made.secrets.push_back({planned.secret, same->pair});
          made.renew_after = std::min(made.renew_after, *renew_after);
          continue;
        }
      }
      if (const auto issued = issue(planned, made); !issued) return tl::unexpected(issued.error());
    }
    return made;
  }

 private:
  Result<> issue(const PlannedCertificate& planned, TrustMaterial::Certificates& to) {
    if (authority_.key.empty()) {
      return fail(fmt::format("the CA's key is not here, and {} for {} has to be issued", planned.secret,
                              planned.request.common_name));
    }
    if (!issuer_) {
      Result<CertificateIssuer> made = CertificateIssuer::make(authority_);
      const Result<CertificateFacts> facts = read_certificate(authority_.certificate);
      if (!made || !facts) return tl::unexpected(made ? facts.error() : made.error());
      issuer_ = std::move(*made);
      left_ = facts->not_after - now_;
    }
    CertificateRequest request = planned.request;
    request.validity = std::min(request.validity, left_);
    Result<KeyPair> pair = issuer_->issue(request);
    if (!pair) return tl::unexpected(pair.error());
    to.secrets.push_back({planned.secret, std::move(*pair)});
    to.renew_after = std::min(to.renew_after, renewal(now_, now_ + request.validity));
    return {};
  }

  const KeyPair& authority_;
  Now now_;
  std::optional<CertificateIssuer> issuer_;
  Duration left_{};
};

}  // namespace

void load_certificates(const Mesh& mesh, const AuthorityFiles& files, const fs::path& folder, Now now,
                       TrustMaterial& material, Findings& found) {
  const std::map<std::string, std::string> digests = tree_digests(folder);
  MeshIssuer issuer{material.authority, now};
  for (const Cluster& cluster : mesh.clusters) {
    const std::vector<PlannedCertificate> plan = certificate_plan(mesh, cluster);
    const std::string purpose = issued_for(mesh, plan, material.authority.certificate);
    const std::string path = certificates_path(cluster);
    TrustMaterial::Certificates& certificates = material.certificates[cluster.name];
    if (auto kept = kept_certificates(folder, path, digests, purpose, now)) {
      certificates.kept_file = std::move(*kept);
      continue;
    }
    auto renewed = issuer.renew(plan, kept_secrets(folder / path));
    if (!renewed && material.authority.key.empty()) {
      return found.error("ca-file", {files.key.string(), 0, 0}, renewed.error().message,
                         "Put the key there, with mode 0600, or generate where it is.");
    }
    if (!renewed) return found.error("ca-file", mesh.trust.where, renewed.error().message);
    certificates = std::move(*renewed);
    certificates.issued_for = purpose;
  }
}

Result<> make_certificates(const Mesh& mesh, Now now, TrustMaterial& material) {
  MeshIssuer issuer{material.authority, now};
  for (const Cluster& cluster : mesh.clusters) {
    const std::vector<PlannedCertificate> plan = certificate_plan(mesh, cluster);
    auto issued = issuer.renew(plan);
    if (!issued) return tl::unexpected(issued.error());
    issued->issued_for = issued_for(mesh, plan, material.authority.certificate);
    material.certificates[cluster.name] = std::move(*issued);
  }
  return {};
}

}  // namespace meshdrill::mesh
