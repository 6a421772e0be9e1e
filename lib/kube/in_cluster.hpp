// The cluster whose Pod we run in: its API server's address from the environment, and the service account's
// files, whose token rotates.
#pragma once

#include "base/document.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace meshdrill::kube {

struct PodEnvironment {
  std::string host;  // KUBERNETES_SERVICE_HOST
  std::string port;  // KUBERNETES_SERVICE_PORT
  std::filesystem::path folder = "/var/run/secrets/kubernetes.io/serviceaccount";
};

PodEnvironment pod_environment();

// A kubeconfig with the one context "in-cluster"; nullopt when this is no Pod with a service account's token.
std::optional<Node> in_cluster_document(const PodEnvironment& pod);

}  // namespace meshdrill::kube
