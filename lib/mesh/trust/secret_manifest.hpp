// Secrets of type kubernetes.io/tls, as manifests: written for the clusters, and read back to be kept or
// judged.
#pragma once

#include "base/diagnostic.hpp"
#include "base/document.hpp"
#include "mesh/trust/trust_material.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::mesh {

// A Secret that was read, and where it stands.
struct TlsSecret {
  std::string name;
  KeyPair pair;
  std::string authority;  // ca.crt; may be empty
  Location where;
};

std::string secret_yaml(const TrustMaterial::Secret& secret, const std::string& authority,
                        const std::string& kube_namespace);

// A v1 List of the Secrets.
std::string secrets_yaml(const std::vector<TrustMaterial::Secret>& secrets, const std::string& authority,
                         const std::string& kube_namespace);

// The Secrets of a manifest: one, or a List. Objects of other kinds are passed over; one whose data is
// missing or no base64 is an error.
Checked<std::vector<TlsSecret>> read_secrets(const Node& document);

}  // namespace meshdrill::mesh
