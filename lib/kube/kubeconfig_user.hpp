// Reads the `user` of a kubeconfig: every way to say who we are.
#pragma once

#include "base/diagnostic.hpp"
#include "kube/connection.hpp"
#include "kube/kubeconfig.hpp"

namespace meshdrill::kube {

// Fills in what `connection` says about us. Without the exec plugin's cluster_info, which the cluster's own
// entry makes.
void read_user(const Kubeconfig::Entry& user, Connection& connection, Diagnostics& problems,
               Diagnostics& notes);

// What the exec plugin is told about the cluster (spec.cluster of its ExecCredential), as JSON, its CA in it.
// "" unless the plugin asks for it with provideClusterInfo.
std::string exec_cluster_info(const Kubeconfig::Entry& user, const Kubeconfig::Entry& cluster,
                              const Connection& connection);

}  // namespace meshdrill::kube
