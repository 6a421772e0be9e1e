// Runs a cluster's Pods: gives each a node and an address, waits for its ConfigMaps, serves its files on its
// container ports, and ends it gracefully. Pods on the host's network are taken for running, but nothing is
// served for them. Not acted upon: probes, resource limits, preStop hooks.
#pragma once

#include "base/duration.hpp"
#include "lab/api/work_queue.hpp"
#include "lab/controllers/scheduler.hpp"
#include "lab/net/address_block.hpp"
#include "lab/net/pod_network.hpp"
#include "lab/net/pod_server.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace meshdrill::lab {

struct KubeletTimings {
  Duration start;  // from scheduled to Ready
  Duration grace;  // a terminating Pod still accepts
};

// On a Pod that could not have its container's port: the port that it listens on instead.
inline constexpr std::string_view listening_port_annotation = "lab.meshdrill.io/listening-port";

class Kubelet {
 public:
  // `store` and `network` must outlive it. `cluster` counts from 1.
  Kubelet(Executor executor, ObjectStore& store, PodNetwork& network, const AddressBlock& block, int cluster,
          KubeletTimings timings);
  ~Kubelet();

  // Pods that are not Ready yet, and those that begin from now on, take this much longer from now.
  void slow_down(Duration delay);
  // How many requests a second each Pod answers; 0: all.
  void limit_capacity(int capacity) { behaviour_->capacity = capacity; }
  // While on, the first Pod that serves fails and comes back several times a second, and stays Ready.
  void flap(bool on);

  // Ends every Pod at once. The context must run once more before this object may go.
  void shutdown();

 private:
  struct Pod;

  void on_change(const Change& change);
  void reconcile(const ObjectKey& key);
  void begin(Pod& state, const Object& pod);
  void start_after(Pod& state, Duration delay);
  void start(Pod& state);
  bool open_ports(Pod& state, const Object& pod);
  void terminate(Pod& state);
  void drain(Pod& state);
  void finish(std::string uid);
  std::string free_address();
  void flap_after_a_while(bool broken);
  void break_first(bool broken);

  Executor executor_;
  ObjectStore& store_;
  PodNetwork& network_;
  const AddressBlock& block_;
  int cluster_;
  KubeletTimings timings_;
  std::map<std::string, std::unique_ptr<Pod>> pods_;  // by uid
  Duration slowness_{};
  std::shared_ptr<PodBehaviour> behaviour_ = std::make_shared<PodBehaviour>();
  Scheduler scheduler_;
  bool flapping_ = false;
  Timer flap_timer_;
  int last_host_ = AddressBlock::first_pod - 1;
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
