// An owner of workloads that puts their replicas back, as Argo CD's self-heal and Flux do: while it is on,
// every Deployment and StatefulSet gets the replicas that it had when it was set on, some time after somebody
// changed them.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "lab/api/object_fields.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace meshdrill::lab {

class SelfHeal {
 public:
  // `store` must outlive it.
  SelfHeal(Executor executor, ObjectStore& store) : executor_(executor), store_(store) {}

  // On, with this delay; off without one.
  void set(std::optional<Duration> delay);

 private:
  using Workload = std::pair<std::string, ObjectKey>;  // the plural name of its resource, and which one

  void on_change(const Change& change);
  void heal(const Workload& workload);

  Executor executor_;
  ObjectStore& store_;
  Duration delay_{};
  std::map<Workload, std::int64_t> wanted_;
  std::map<Workload, std::unique_ptr<Timer>> waiting_;
  ObjectStore::Subscription subscription_;  // while on
};

}  // namespace meshdrill::lab
