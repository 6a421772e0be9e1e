// Tells clusters apart, whatever their kubeconfig entries are called.
#pragma once

#include "kube/client.hpp"

#include <string>

namespace meshdrill::kube {

// The uid of the namespace kube-system: made with the cluster and never changed. Two contexts with the same
// one are the same cluster.
Task<ApiResult<std::string>> cluster_uid(Client& client);

}  // namespace meshdrill::kube
