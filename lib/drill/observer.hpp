// Follows through the API what happens to the Service while a drill runs: ready endpoints in every cluster,
// and the target's Deployments, so that somebody else's hand on them is noticed.
#pragma once

#include "drill/cluster.hpp"
#include "drill/scenario.hpp"
#include "kube/watch.hpp"
#include "kube/workloads.hpp"

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
    // A Deployment of the target cluster as it is now; `deleted` when it is gone.
    std::function<void(const kube::Deployment& deployment, bool deleted)> deployment;
  };

  // `clusters` must outlive it.
  Observer(Executor executor, const std::vector<Cluster>& clusters, const Scenario& scenario, Events events);

  void start();
  // Cancels the watches; they have ended when running() is 0.
  void stop();
  [[nodiscard]] int running() const { return running_; }

 private:
  Task<> follow_endpoints(const Cluster* cluster);
  Task<> follow_deployments(const Cluster* cluster);
  void spawn(Task<> task);
  void take_slices(const Cluster& cluster, std::map<std::string, boost::json::value>& slices,
                   const kube::WatchEvent& event);
  void take_deployment(const kube::WatchEvent& event);

  Executor executor_;
  const std::vector<Cluster>& clusters_;
  const Scenario& scenario_;
  Events events_;
  std::vector<std::unique_ptr<asio::cancellation_signal>> signals_;
  std::map<std::string, int> ready_;
  int running_ = 0;
};

}  // namespace meshdrill::drill
