// What Cilium's agents and kvstoremesh say of their peers, worked out from the objects of the lab's clusters.
#pragma once

#include "lab/api/pod_access.hpp"

#include <map>
#include <string>

namespace meshdrill::lab {

// The clusters of a lab by name. Filled while they are made, and unchanged from then on.
using ClusterStores = std::map<std::string, const ObjectStore*>;

// A peer is connected when it is a cluster of this lab that calls itself so (cluster-name of its
// cilium-config) and its clustermesh-apiserver has a ready Pod. An annotation of the agent's Pod says
// otherwise: `peer.lab.meshdrill.io/<peer>` with the value unknown, not-connected, config-unknown,
// config-missing, sync-unknown, syncing or not-ready.
class AgentView : public PodAccess {
 public:
  // Both must outlive it.
  AgentView(const ObjectStore& own, const ClusterStores& clusters) : own_(own), clusters_(clusters) {}

  // `cilium status -o json` (and cilium-dbg) in cilium-agent, `clustermesh-apiserver kvstoremesh-dbg status
  // -o json` in kvstoremesh; every other command is "not found", exit code 127.
  [[nodiscard]] ExecOutput exec(const Object& pod, const std::string& container,
                                const std::vector<std::string>& command) const override;

  // The Prometheus metrics of an agent (port 9962) and of kvstoremesh (9964), as far as they are about peers.
  [[nodiscard]] std::optional<std::string> get(const Object& pod, int port,
                                               const std::string& path) const override;

  // Every peer is "not connected" from now on, or again what it is.
  void disconnect(bool all) { disconnected_ = all; }

 private:
  [[nodiscard]] boost::json::array peers(const Object& pod, std::string_view secret) const;
  [[nodiscard]] std::string state_of(const Object& pod, const std::string& peer) const;

  const ObjectStore& own_;
  const ClusterStores& clusters_;
  bool disconnected_ = false;
};

}  // namespace meshdrill::lab
