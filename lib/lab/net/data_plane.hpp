// One cluster's Cilium: where a connection to a Service's ClusterIP goes.
#pragma once

#include "lab/api/work_queue.hpp"
#include "lab/net/cluster_mesh.hpp"

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

namespace meshdrill::lab {

// The lab's one source of chance.
using Random = std::mt19937_64;

class DataPlane {
 public:
  // All must outlive it. Shares this cluster's global Services through `mesh`, which it has to have joined.
  DataPlane(Executor executor, ObjectStore& store, ClusterMesh& mesh, std::string cluster, Random& random);

  // A backend for a new connection to the port called `port_name`: each usable one is as likely as any
  // other. Nothing when there is none.
  std::optional<Backend> pick(const ObjectKey& service, const std::string& port_name);

  // How connections spread over the usable backends: evenly, as Cilium does it; nine of ten to those of this
  // cluster; or all to one for as long as that is usable.
  enum class Balance { even, skewed, sticky };
  void set_balance(Balance balance) { balance_ = balance; }

  // While on, backends that go away stay in use.
  void keep_stale(bool on);

  // Something about a Service of another cluster has arrived.
  void remote_changed(const ObjectKey& service);

 private:
  struct Sides {
    std::vector<Backend> local;
    std::vector<Backend> remote;
  };
  using Remembered = std::map<std::string, std::set<Backend>>;  // by port name

  void on_change(const Change& change);
  void update(const ObjectKey& key);
  void remember(const ObjectKey& key);
  [[nodiscard]] PortBackends remote_backends(const ObjectKey& key) const;
  [[nodiscard]] Sides sides(const ObjectKey& key, const std::string& port_name) const;

  ObjectStore& store_;
  ClusterMesh& mesh_;
  std::string cluster_;
  Random& random_;
  std::map<ObjectKey, PortBackends> local_;
  Balance balance_ = Balance::even;
  bool stale_ = false;
  std::map<ObjectKey, Remembered> remembered_;  // what was seen since keep_stale(true)
  WorkQueue queue_;
  ObjectStore::Subscription subscription_;
};

}  // namespace meshdrill::lab
