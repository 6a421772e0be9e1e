#pragma once

#include "base/certificates.hpp"

#include <string>
#include <vector>

namespace meshdrill::lab {

// One cluster, one user and one context of a kubeconfig.
struct KubeconfigEntry {
  std::string context;    // also the name of the cluster and of the user
  std::string server;     // "https://127.64.1.1:41234"
  std::string authority;  // PEM
  KeyPair client;
};

// The whole file, with everything embedded and the first context as the current one. Holds the clients' keys:
// a secret.
std::string write_kubeconfig(const std::vector<KubeconfigEntry>& entries);

}  // namespace meshdrill::lab
