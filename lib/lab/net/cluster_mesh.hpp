// What each cluster knows of the others' global Services. A change arrives at each other cluster after that
// cluster's propagation delay, in order, as it does through clustermesh-apiserver and the agents.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "lab/api/object_fields.hpp"
#include "lab/net/service_backends.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace meshdrill::lab {

class ClusterMesh {
 public:
  using Listener = std::function<void(const ObjectKey& service)>;

  explicit ClusterMesh(Executor executor);
  ~ClusterMesh();

  // `arrived` is called each time that something about a Service of another cluster reaches `cluster`.
  void join(const std::string& cluster, Duration delay, Listener arrived);

  // What `cluster` shares of a Service from now on; empty when nothing.
  void publish(const std::string& cluster, const ObjectKey& service, const PortBackends& backends);

  // What has reached `cluster` so far about a Service, by the cluster that shares it.
  [[nodiscard]] std::map<std::string, PortBackends> shared_with(const std::string& cluster,
                                                                const ObjectKey& service) const;

  // Whether nothing is under way to any cluster.
  [[nodiscard]] bool settled() const;

  // Whether the cluster's clustermesh-apiserver runs. Without it the others keep what they know of the
  // cluster, and it keeps what it knows of them, for as long as that lasts (Cilium without
  // clustermesh.cacheTTL); what was under way is lost. When it is back, both are brought up to date.
  void set_connected(const std::string& cluster, bool connected);

  // For the changes to come; those under way keep their time.
  void set_delay(const std::string& cluster, Duration delay);

  // Drops what is under way, and what is published from now on. The context must run once more before this
  // object may go.
  void shutdown();

 private:
  struct Update {
    Clock::time_point due;
    std::string from;
    ObjectKey service;
    PortBackends backends;
  };
  struct Member;

  // Puts a change on its way to `member`.
  void send(Member& member, const std::string& from, const ObjectKey& service, const PortBackends& backends);
  void deliver(Member& member);
  void arm(Member& member);

  Executor executor_;
  bool shut_down_ = false;
  std::map<std::string, std::unique_ptr<Member>> members_;
  std::map<std::pair<std::string, ObjectKey>, PortBackends> published_;
};

}  // namespace meshdrill::lab
