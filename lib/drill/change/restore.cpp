#include "drill/change/restore.hpp"

#include "drill/change/change_write.hpp"
#include "kube/field_change.hpp"
#include "kube/json_fields.hpp"
#include "kube/workloads.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{2000};
constexpr milliseconds poll{250};

Task<> sleep(Executor executor, Duration duration) {
  Timer timer{executor, duration};
  co_await timer.async_wait(try_await);
}

Task<Undone> undo_one(kube::Client& client, Change change, Clock::time_point deadline) {
  Undone undone;
  undone.change = change;
  Duration pause = first_pause;
  for (;;) {
    ChangeResult result = co_await undo_change(client, change);
    undone.stands = result.stands();
    undone.final = result.final();
    undone.problem = std::move(result.message);
    if (result.final() || Clock::now() + pause >= deadline) co_return undone;
    co_await sleep(client.executor(), pause);
    pause = std::min<Duration>(pause * 2, longest_pause);
  }
}

kube::WorkloadKind workload_kind(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::stateful_set:
      return kube::WorkloadKind::stateful_set;
    case ObjectKind::daemon_set:
      return kube::WorkloadKind::daemon_set;
    case ObjectKind::deployment:
    case ObjectKind::service:
      break;
  }
  return kube::WorkloadKind::deployment;
}

// What keeps the workload from being as it was; empty when nothing does.
std::string missing_of(const Change& change, const kube::Workload& workload) {
  if (workload.uid != change.uid) return name_of(change) + " is another object than before the drill";
  const bool accepted = change.accepted && change.accepted->contains(workload.replicas);
  if (change.kind == ChangeKind::replicas && workload.replicas != change.replicas && !accepted) {
    return fmt::format("{} asks for {} replicas instead of {}", name_of(change), workload.replicas,
                       change.replicas);
  }
  if (!workload.rolled_out() || workload.ready_replicas == 0) {
    return fmt::format("{} has {} of {} replicas ready", name_of(change), workload.ready_replicas,
                       workload.replicas);
  }
  return {};
}

// The text of the field, whatever object it is in.
std::string missing_of(const Change& change, const json::value& object) {
  if (kube::text_field(object, "/metadata/uid") != change.uid)
    return name_of(change) + " is another object than before the drill";
  const kube::FieldValue found = kube::field_value(object, change.path);
  const kube::FieldValue wanted =
      change.value ? kube::FieldValue{json::value(*change.value)} : kube::FieldValue{};
  if (found == wanted) return {};
  return fmt::format("{} of {} is not what it was", kube::to_string(change.path), name_of(change));
}

Task<std::string> missing(kube::Client& client, Change change) {
  if (change.kind == ChangeKind::field) {
    kube::Request request;
    request.path = kube::object_path(reference(change));
    const kube::ApiResult<json::value> object = co_await client.request(std::move(request));
    if (!object) co_return to_string(object.error());
    std::string problem = missing_of(change, *object);
    if (!problem.empty() || change.object_kind == ObjectKind::service) co_return problem;
  }
  const kube::WorkloadKind kind = workload_kind(change.object_kind);
  const kube::ApiResult<kube::Workload> workload =
      co_await kube::read_workload(client, kind, change.object.ns, change.object.name);
  if (!workload) co_return to_string(workload.error());
  co_return missing_of(change, *workload);
}

Task<std::vector<Undone>> undo_changes(kube::Client& client, std::vector<Change> changes, Duration limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  std::vector<Undone> done;
  for (const Change& change : changes) {
    Undone one = co_await undo_one(client, change, deadline);
    done.push_back(std::move(one));
  }
  co_return done;
}

Task<std::string> verify_changes(kube::Client& client, std::vector<Change> changes, Duration limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  for (;;) {
    std::string problem;
    for (const Change& change : changes) {
      problem = co_await missing(client, change);
      if (!problem.empty()) break;
    }
    if (problem.empty() || Clock::now() + poll >= deadline) co_return problem;
    co_await sleep(client.executor(), poll);
  }
}

}  // namespace

Task<PutBack> put_back(kube::Client& client, std::vector<Change> changes, Duration limit,
                       Duration aftermath) {
  PutBack result;
  result.undone = co_await undo_changes(client, changes, limit);
  for (const Undone& undone : result.undone) {
    if (undone.stands) continue;
    if (result.problem.empty()) result.problem = undone.problem;
    result.may_pass = result.may_pass && !undone.final;
  }
  if (!result.problem.empty()) co_return result;
  result.problem = co_await verify_changes(client, changes, limit);
  if (!result.problem.empty() || aftermath == Duration::zero()) co_return result;
  co_await sleep(client.executor(), aftermath);
  const Duration none = Duration::zero();
  co_return co_await put_back(client, std::move(changes), limit, none);
}

}  // namespace meshdrill::drill
