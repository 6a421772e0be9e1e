// Follows through the API what happens to the Service while a drill runs: ready endpoints in every cluster,
// and the objects that the fault changes, so that its effect and somebody else's hand are noticed.
#pragma once

#include "drill/change/change.hpp"
#include "drill/cluster.hpp"
#include "kube/watch.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/json/value.hpp>

namespace meshdrill::drill {

class Observer {
 public:
  struct Events {
    // The number of ready endpoints of that cluster's own Pods; each time it changes.
    std::function<void(const std::string& cluster, int ready)> endpoints;
    // An object that the fault changes, as it is now; `deleted` when it is gone.
    std::function<void(const Change& change, const boost::json::value& object, bool deleted)> object;
  };

  // `clusters` must outlive it.
  Observer(Executor executor, const std::vector<Cluster>& clusters, Events events);

  // Follows the endpoints of `service` in every cluster, and what `changes` are about in `target`.
  void start(const ObjectName& service, const std::string& target, std::vector<Change> changes);
  // Cancels the watches; they have ended when running() is 0.
  void stop();
  [[nodiscard]] int running() const { return running_; }

 private:
  Task<> follow_endpoints(const Cluster* cluster, ObjectName service);
  Task<> follow_objects(const Cluster* cluster, ObjectKind kind, std::string ns);
  void spawn(Task<> task);
  void take_slices(const Cluster& cluster, std::map<std::string, boost::json::value>& slices,
                   const kube::WatchEvent& event);
  void take_object(const boost::json::value& object, ObjectKind kind, bool deleted);

  Executor executor_;
  const std::vector<Cluster>& clusters_;
  Events events_;
  std::vector<std::unique_ptr<asio::cancellation_signal>> signals_;
  std::vector<Change> changes_;
  std::map<std::string, int> ready_;
  int running_ = 0;
};

}  // namespace meshdrill::drill
