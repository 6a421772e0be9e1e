// Reads everything that `status` judges, out of one cluster: all at the same time, and with no more rights
// than reads.hpp lists. Changes nothing.
#pragma once

#include "kube/client.hpp"
#include "status/live_cluster.hpp"

#include <string>

namespace meshdrill::status {

struct LiveOptions {
  std::string kube_namespace = "kube-system";       // where Cilium runs
  Duration timeout = std::chrono::seconds{10};      // of each request
  int requests_at_once = 6;                         // to one cluster
  bool dial = false;                                // shake hands with the peers' etcd, too
  Duration dial_timeout = std::chrono::seconds{5};  // of each such handshake
};

// Never fails: what could not be read is in `unread`.
Task<LiveCluster> read_live(kube::Client& client, std::string context, LiveOptions options);

}  // namespace meshdrill::status
