#include "lab/controllers/self_heal.hpp"

#include "lab/api/managed_fields.hpp"

#include <chrono>

namespace meshdrill::lab {
namespace {

constexpr std::string_view workload_types[] = {"deployments", "statefulsets"};

std::int64_t replicas_of(const Object& workload) {
  return integer_at(workload, {"spec", "replicas"}).value_or(1);
}

}  // namespace

void SelfHeal::set(std::optional<Duration> delay) {
  subscription_.reset();
  waiting_.clear();
  wanted_.clear();
  if (!delay) return;
  delay_ = *delay;
  for (const std::string_view type : workload_types) {
    for (const ObjectPtr& workload : store_.list(type))
      wanted_[{std::string(type), key_of(*workload)}] = replicas_of(*workload);
  }
  subscription_ = store_.subscribe([this](const Change& change) { on_change(change); });
}

void SelfHeal::on_change(const Change& change) {
  const Workload workload{change.resource, key_of(*change.object)};
  const auto wanted = wanted_.find(workload);
  if (wanted == wanted_.end() || change.type == Change::Type::deleted) return;
  if (replicas_of(*change.object) == wanted->second || waiting_.contains(workload)) return;
  auto& timer = waiting_[workload] = std::make_unique<Timer>(executor_, delay_);
  timer->async_wait([this, workload](const error_code& error) {
    if (!error) heal(workload);
  });
}

void SelfHeal::heal(const Workload& workload) {
  waiting_.erase(workload);
  const auto wanted = wanted_.find(workload);
  if (wanted == wanted_.end()) return;  // set off meanwhile
  const auto& [type, key] = workload;
  const ObjectPtr live = store_.get(type, key.ns, key.name);
  if (!live || replicas_of(*live) == wanted->second) return;
  Object next = *live;
  object_at(next, {"spec"})["replicas"] = wanted->second;
  record_update(live.get(), next,
                {.manager = "argocd-controller",
                 .api_version = "apps/v1",
                 .subresource = {},
                 .now = std::chrono::system_clock::now()});
  static_cast<void>(store_.update(type, std::move(next)));  // somebody's deletion of it wins
}

}  // namespace meshdrill::lab
