// Shakes hands with the peers' etcd from here, as kvstoremesh does from there.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "status/live_cluster.hpp"

#include <string>

#include <boost/json/value.hpp>

namespace meshdrill::status {

// What a cluster presents to its peers, and whom it trusts: its Secret clustermesh-apiserver-remote-cert.
// Secret.
struct DialCredentials {
  std::string authority;    // PEM
  std::string certificate;  // PEM
  std::string key;          // PEM
};

DialCredentials credentials_of(const boost::json::value& secret);

// Every address of every peer at the same time, one result each in `cluster.dials`. A peer's name is looked
// up among the cluster's hostAliases first, where the chart puts them. A result that is ok means: TLS with
// the right name under the right CA, our certificate taken, and an etcd that answers.
Task<> dial_peers(Executor executor, const DialCredentials& credentials, Duration timeout,
                  LiveCluster& cluster);

}  // namespace meshdrill::status
