// How the clusters of a mesh come to trust each other's certificates.
#pragma once

#include "base/diagnostic.hpp"

#include <optional>
#include <string>

namespace meshdrill::mesh {

struct Trust {
  enum class Mode {
    shared_ca,     // one CA for all clusters
    cert_manager,  // cert-manager issues in each cluster
    inlined  // each cluster has a CA of its own; the peers' certificates stand in the values (deprecated)
  };
  // Of shared_ca: who issues the certificates from the CA.
  enum class Issuer { meshdrill, cron_job, helm };

  Mode mode = Mode::shared_ca;
  Issuer issuer = Issuer::meshdrill;
  std::string auth_mode;             // legacy, migration or cluster; empty: the chart's default
  std::optional<int> validity_days;  // of the certificates; by default the chart's own for its version

  // shared_ca: files in PEM, relative to the mesh file. Empty: made once and kept beside it
  // (trust/trust_files.hpp).
  std::string ca_certificate;
  std::string ca_key;

  struct IssuerRef {  // cert_manager
    std::string name;
    std::string kind = "ClusterIssuer";
    std::string group = "cert-manager.io";
  };
  IssuerRef issuer_ref;

  // inlined: a folder, relative to the mesh file, with <cluster>.yaml: what `kubectl get secret
  // clustermesh-apiserver-remote-cert -o yaml` says in that cluster.
  std::string folder;

  Location where;
  Location auth_mode_where;
};

// Whether the certificates are made here, rather than in the clusters.
bool issues_certificates(const Trust& trust);

}  // namespace meshdrill::mesh
