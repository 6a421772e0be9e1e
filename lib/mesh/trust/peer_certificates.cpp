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
      "Once it runs: (umask 077; kubectl --context {} -n {} get secret clustermesh-apiserver-remote-cert -o "
      "yaml > {})",
      shell_quote(cluster.context), mesh.cilium.kube_namespace, shell_quote(path.string()));
}

void check_peer(const TlsSecret& secret, std::chrono::system_clock::time_point now, Findings& found) {
  const Result<CertificateFacts> facts = read_certificate(secret.pair.certificate);
  if (!facts) return found.error(secret.where, fmt::format("data.tls.crt: {}", facts.error().message));
  if (!key_fits(secret.pair)) return found.error(secret.where, "data.tls.key: is not the key of tls.crt");
  if (secret.authority.empty() || !signed_by(secret.pair.certificate, secret.authority)) {
    return found.error(secret.where, "data.ca.crt: is not the CA that issued tls.crt");
  }
  constexpr std::chrono::days soon{30};
  if (facts->not_after <= now) {
    found.error(secret.where, "the certificate has expired", "Pull it again from the cluster.");
  } else if (facts->not_after - now < soon) {
    found.warning(secret.where,
                  fmt::format("the certificate expires in {} days, and nothing renews a copy in the values",
                              (facts->not_after - now) / std::chrono::days{1}));
  }
}

}  // namespace

void load_peers(const Mesh& mesh, const fs::path& folder, std::chrono::system_clock::time_point now,
                TrustMaterial& material, Findings& found) {
  for (const Cluster& cluster : mesh.clusters) {
    const fs::path path = folder / (cluster.name + ".yaml");
    std::error_code error;
    if (!fs::exists(path, error)) {
      found.warning(mesh.trust.where,
                    fmt::format("trust.folder: there is no certificate of {} yet", cluster.name),
                    pull_command(mesh, cluster, path));
      continue;
    }
    const Checked<Node> document = read_document(path.string());
    const auto secrets = document.and_then([](const Node& node) { return read_secrets(node); });
    if (!secrets) {
      found.add(secrets.error());
    } else if (secrets->size() != 1) {
      found.error({path.string(), 0, 0}, "expected one Secret", pull_command(mesh, cluster, path));
    } else {
      check_peer(secrets->front(), now, found);
      material.peers[cluster.name] = {secrets->front().pair, secrets->front().authority};
    }
  }
}

}  // namespace meshdrill::mesh
