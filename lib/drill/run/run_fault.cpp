// The fault, and whether it is still ours alone.
#include "base/text.hpp"
#include "drill/change/change_write.hpp"
#include "drill/run/run.hpp"
#include "kube/field_ownership.hpp"
#include "kube/json_fields.hpp"
#include "kube/pods.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using namespace std::chrono_literals;
using probe::Offset;

// The fault has shown when for so long there was nothing left of what it takes away.
constexpr Offset quiet = 1s;
// The history runs this late.
constexpr Offset history_delay = 500ms;
// Between two looks at Pods that are on their way out.
constexpr Duration pods_period = 500ms;

std::string_view action_of(const Change& change) {
  switch (change.kind) {
    case ChangeKind::replicas:
      return "scale-down";
    case ChangeKind::field:
      return "set";
    case ChangeKind::pods:
      break;
  }
  return "delete";
}

// How many Pods of the workload are ready, by its own status.
int ready_replicas(const Change& change, const boost::json::value& object) {
  return kube::count_field(
      object, change.object_kind == ObjectKind::daemon_set ? "/status/numberReady" : "/status/readyReplicas");
}

// Whom the API names for the field. A write through /scale takes it away from everyone and records nobody, so
// after `kubectl scale` there is no name to tell.
std::string managers_of(const Change& change, const boost::json::value& object) {
  const auto owners =
      kube::field_owners(kube::array_field(object, "/metadata/managedFields"), field_path(change));
  if (!owners.empty()) return "managers of the field: " + printable(kube::to_string(owners));
  const std::string_view unrecorded = "the API records no manager of the field";
  if (change.kind != ChangeKind::replicas) return std::string{unrecorded};
  return fmt::format("{}, as after kubectl scale or an autoscaler; its audit log may say who it was",
                     unrecorded);
}

// What somebody else made of what we wrote; empty while it stands.
std::string foreign_value(const Change& change, const boost::json::value& object) {
  if (kube::text_field(object, "/metadata/uid") != change.uid)
    return name_of(change) + " was deleted and made anew by somebody else";
  std::string what;
  if (change.kind == ChangeKind::replicas) {
    const int replicas = kube::count_field(object, "/spec/replicas", 1);
    if (replicas == change.to_replicas) return {};
    what = fmt::format("somebody else set {} to {} replicas", name_of(change), replicas);
  } else {
    if (kube::field_value(object, change.path) == boost::json::value(change.to_value)) return {};
    what = fmt::format("somebody else changed {} of {}", kube::to_string(change.path), name_of(change));
  }
  return fmt::format("{}; {}", what, managers_of(change, object));
}

}  // namespace

Task<> DrillRun::fault() {
  if (recorder_.broken()) {
    stop(Abort::Kind::refused, recorder_.broken()->message);
    co_return;
  }
  Record record{run_, scenario().name, host_name(), history().started, changes_};
  record.ownership = scenario().ownership;
  Result<> kept = co_await target_lock().keep(std::move(record));
  if (!kept) {
    stop(Abort::Kind::refused, "the record for the restore could not be written: " + kept.error().message);
    co_return;
  }
  begin(Phase::fail);
  for (const Change& change : changes_) {
    note_write("intent", action_of(change), change);
    if (recorder_.broken()) stop(Abort::Kind::failed, recorder_.broken()->message);
    if (stopped_) co_return;
    co_await make(change);
    if (stopped_) co_return;
  }
  fault_stands_ = true;
  for (const Change& change : changes_) {
    if (change.kind == ChangeKind::pods) spawn(follow_pods(change));
  }
  announce("DrillBegan", fmt::format("meshdrill run {} began its fault here and will undo it", run_), true);
}

Task<> DrillRun::make(Change change) {
  ChangeResult result = co_await make_change(*target().client, change);
  if (result.outcome == ChangeResult::Outcome::written) {
    note_write("wrote", action_of(change), change);
    co_return;
  }
  unsettled_ = result.outcome == ChangeResult::Outcome::unsettled;
  const bool foreign = result.outcome == ChangeResult::Outcome::foreign;
  stop(foreign ? Abort::Kind::interference : Abort::Kind::failed, std::move(result.message));
}

bool DrillRun::target_is_silent() const {
  if (!history().target_drained) return false;
  Offset since = *history().target_drained;
  if (history().takes_answers_away())
    since = std::max(since, history().last_target_answer.value_or(Offset{}));
  return recorder_.now() - since > quiet + history_delay;
}

// The API showed an object that we changed.
void DrillRun::take_object(const Change& change, const boost::json::value& object, bool deleted) {
  const Fault::Kind kind = scenario().fault.kind;
  if (kind == Fault::Kind::ingress_controller || kind == Fault::Kind::control_plane) {
    const int ready = deleted ? 0 : ready_replicas(change, object);
    const auto [shown, fresh] = shown_replicas_.emplace(name_of(change), ready);
    if (fresh || shown->second != ready) {
      shown->second = ready;
      recorder_.note("observed", {{"cluster", target().name},
                                  {"kind", to_string(change.object_kind)},
                                  {"namespace", change.object.ns},
                                  {"name", change.object.name},
                                  {"readyReplicas", ready}});
    }
  }
  if (!fault_stands_ || !watched_ || change.kind == ChangeKind::pods) return;
  if (deleted) return stop(Abort::Kind::interference, name_of(change) + " was deleted by somebody else");
  if (foreign_value(change, object).empty()) return;
  if (suspects_.insert(name_of(change)).second) spawn(confirm_interference(change));
}

// A watch may show what was there before our own write: what stands now decides.
Task<> DrillRun::confirm_interference(Change change) {
  kube::Request request;
  request.path = kube::object_path(reference(change));
  const kube::ApiResult<boost::json::value> object = co_await target().client->request(std::move(request));
  suspects_.erase(name_of(change));
  if (!watched_) co_return;
  if (!object) {
    if (object.error().not_found())
      stop(Abort::Kind::interference, name_of(change) + " was deleted by somebody else");
    co_return;
  }
  std::string foreign = foreign_value(change, *object);
  if (!foreign.empty()) stop(Abort::Kind::interference, std::move(foreign));
}

// Until the deleted Pods are gone.
Task<> DrillRun::follow_pods(Change change) {
  Timer timer{io_.get_executor()};
  int left = -1;
  while (left != 0) {
    const kube::ApiResult<std::vector<kube::Pod>> pods =
        co_await kube::list_pods(*target().client, change.object.ns, std::string());
    if (pods) {
      const auto now = std::count_if(change.pods.begin(), change.pods.end(), [&](const PodName& deleted) {
        return std::any_of(pods->begin(), pods->end(),
                           [&](const kube::Pod& pod) { return pod.uid == deleted.uid; });
      });
      if (now != left) note_pods_left(change, static_cast<int>(now));
      left = static_cast<int>(now);
    }
    if (left == 0) co_return;
    timer.expires_after(pods_period);
    co_await timer.async_wait(await);
  }
}

}  // namespace meshdrill::drill
