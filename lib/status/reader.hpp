// The reads of one cluster, each of which ends as objects or as an entry of LiveCluster::unread.
#pragma once

#include "kube/client.hpp"
#include "status/live_cluster.hpp"
#include "status/parse.hpp"
#include "status/reads.hpp"

#include <string>

#include <boost/json/value.hpp>

namespace meshdrill::status {

class Reader {
 public:
  Reader(kube::Client& client, LiveCluster& cluster, Duration timeout)
      : client_(client), cluster_(cluster), timeout_(timeout) {}

  // The object; null when there is none, or it could not be read.
  Task<boost::json::value> get(ReadId id, std::string kube_namespace, std::string name);

  // All objects of a kind. `known`, when given, becomes whether the API knows the kind at all.
  Task<Objects> list(ReadId id, std::string kube_namespace = {}, std::string label_selector = {},
                     bool* known = nullptr);

  // Enters what could not be read, once for each kind of read. The first time that the API itself is out of
  // reach is the only one.
  void note(ReadId id, const kube::ApiError& error);

  [[nodiscard]] kube::Client& client() { return client_; }
  [[nodiscard]] Duration timeout() const { return timeout_; }

 private:
  // The API was out of reach: whoever waited for a connection meanwhile need not wait for the same again.
  [[nodiscard]] bool given_up() const;

  kube::Client& client_;
  LiveCluster& cluster_;
  Duration timeout_;
};

}  // namespace meshdrill::status
