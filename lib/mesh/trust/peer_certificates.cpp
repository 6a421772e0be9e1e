#include "mesh/trust/peer_certificates.hpp"

#include "base/certificate_facts.hpp"
#include "base/text.hpp"
#include "mesh/trust/secret_manifest.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

namespace fs = std::filesystem;

std::string pull_command(const Mesh& mesh, const Cluster& cluster, const fs::path& path) {
  return fmt::format(
      "Once it runs, --pull-trust takes it from there; or: (umask 077; kubectl --context {} -n {} get secret "
      "{} "
      "-o yaml > {})",
      shell_quote(cluster.context), mesh.cilium.kube_namespace, remote_secret, shell_quote(path.string()));
}

void check_peer(const TlsSecret& secret, Now now, Findings& found) {
  const Result<CertificateFacts> facts = read_certificate(secret.pair.certificate);
  if (!facts)
    return found.error("peer-certificate", secret.where,
                       fmt::format("data.tls.crt: {}", facts.error().message));
  if (!key_fits(secret.pair))
    return found.error("peer-certificate", secret.where, "data.tls.key: is not the key of tls.crt");
  if (secret.authority.empty() || !signed_by(secret.pair.certificate, secret.authority)) {
    return found.error("peer-certificate", secret.where, "data.ca.crt: is not the CA that issued tls.crt");
  }
  constexpr std::chrono::days soon{30};
  if (facts->not_after <= now) {
    found.error("peer-certificate", secret.where, "the certificate has expired",
                "Pull it again from the cluster.");
  } else if (facts->not_after - now < soon) {
    found.warning("peer-certificate", secret.where,
                  fmt::format("the certificate expires in {} days, and nothing renews a copy in the values",
                              (facts->not_after - now) / std::chrono::days{1}));
  }
}

// The Secret that `document` holds, or what is wrong with it; `cure` is for a document of something else.
void take_peer(const Checked<Node>& document, const Location& where, const std::string& cure,
               const std::string& cluster, Now now, TrustMaterial& material, Findings& found) {
  const auto secrets = document.and_then([](const Node& node) { return read_secrets(node); });
  if (!secrets) {
    found.add(secrets.error());
  } else if (secrets->size() != 1) {
    found.error("peer-certificate", where, "expected one Secret", cure);
  } else {
    check_peer(secrets->front(), now, found);
    material.peers[cluster] = {secrets->front().pair, secrets->front().authority};
  }
}

}  // namespace

void load_peers(const Mesh& mesh, const fs::path& folder, Now now, const PulledSecrets& pulled,
                TrustMaterial& material, Findings& found) {
  for (const Cluster& cluster : mesh.clusters) {
    if (const auto fresh = pulled.find(cluster.name); fresh != pulled.end()) {
      const std::string source =
          fmt::format("{}: Secret {}/{}", cluster.name, mesh.cilium.kube_namespace, remote_secret);
      take_peer(parse_document(fresh->second, source), {source, 0, 0}, {}, cluster.name, now, material,
                found);
      continue;
    }
    const fs::path path = folder / (cluster.name + ".yaml");
    std::error_code error;
    if (!fs::exists(path, error)) {
      found.warning("peer-certificate", mesh.trust.where,
                    fmt::format("trust.folder: there is no certificate of {} yet", cluster.name),
                    pull_command(mesh, cluster, path));
      continue;
    }
    take_peer(read_document(path.string()), {path.string(), 0, 0}, pull_command(mesh, cluster, path),
              cluster.name, now, material, found);
  }
}

std::vector<RenderedFile> peer_files(const Mesh& mesh, const TrustMaterial& material) {
  std::vector<RenderedFile> files;
  for (const auto& [cluster, peer] : material.peers) {
    const TrustMaterial::Secret secret{std::string{remote_secret}, peer.pair};
    files.push_back({(fs::path{mesh.trust.folder} / (cluster + ".yaml")).string(),
                     secret_yaml(secret, peer.authority, mesh.cilium.kube_namespace), 0600});
  }
  return files;
}

}  // namespace meshdrill::mesh
