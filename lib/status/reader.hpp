// The reads of one cluster, each of which ends as objects or as an entry of LiveCluster::unread.
#pragma once

#include "kube/client.hpp"
#include "kube/list_each.hpp"
#include "status/live_cluster.hpp"
#include "status/reads.hpp"

#include <string>
#include <type_traits>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::status {

class Reader {
 public:
  Reader(kube::Client& client, LiveCluster& cluster, Duration timeout)
      : client_(client), cluster_(cluster), timeout_(timeout) {}

  // The object; null when there is none, or it could not be read.
  Task<boost::json::value> get(ReadId id, std::string kube_namespace, std::string name);

  // Hands out all objects of a kind, page by page. False when the API does not know the kind, or they could
  // not be read.
  Task<bool> each(ReadId id, std::string kube_namespace, std::string label_selector, kube::ListTaker taker);

  // What `read` makes of each of them; in all namespaces when none is given.
  template <class Read>
  Task<std::vector<std::invoke_result_t<Read, const boost::json::value&>>> list(
      ReadId id, Read read, std::string kube_namespace = {}, std::string label_selector = {},
      bool* known = nullptr) {
    std::vector<std::invoke_result_t<Read, const boost::json::value&>> made;
    kube::ListTaker taker;
    taker.take = [&made, read](const boost::json::value& object) { made.push_back(read(object)); };
    taker.restart = [&made] { made.clear(); };
    const bool there =
        co_await each(id, std::move(kube_namespace), std::move(label_selector), std::move(taker));
    if (known != nullptr) *known = there;
    co_return made;
  }

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
