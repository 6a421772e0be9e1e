// The fault, and whether it is still ours alone.
#include "base/text.hpp"
#include "drill/change_write.hpp"
#include "drill/run.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using namespace std::chrono_literals;
using probe::Offset;

// The target has drained when it has been silent for so long with no endpoint left.
constexpr Offset quiet = 1s;
// The history runs this late.
constexpr Offset history_delay = 500ms;

// "; managers of the field: kubectl, argocd-controller"
std::string managers_of(const kube::Deployment& deployment) {
  std::string managers;
  for (const kube::ReplicasManager& manager : deployment.replicas_managers) {
    managers += fmt::format("{}{}", managers.empty() ? "; managers of the field: " : ", ",
                            printable(manager.manager));
  }
  return managers;
}

}  // namespace

Task<> DrillRun::fault() {
  Record record{run_, scenario().name, host_name(), history().started, changes_};
  Result<> kept = co_await target_lock().keep(std::move(record));
  if (!kept) {
    stop(Abort::Kind::refused, "the record for the restore could not be written: " + kept.error().message);
    co_return;
  }
  begin(Phase::fail);
  for (const Change& change : changes_) {
    note_write("intent", "scale-down", change);
    if (recorder_.broken()) stop(Abort::Kind::failed, recorder_.broken()->message);
    if (stopped_) co_return;
    co_await make(change);
    if (stopped_) co_return;
  }
  fault_stands_ = true;
}

Task<> DrillRun::make(Change change) {
  ChangeResult result = co_await make_change(*target().client, change);
  if (result.outcome == ChangeResult::Outcome::written) {
    note_write("wrote", "scale-down", change);
    co_return;
  }
  const bool foreign = result.outcome == ChangeResult::Outcome::foreign;
  stop(foreign ? Abort::Kind::interference : Abort::Kind::failed, std::move(result.message));
}

bool DrillRun::target_is_silent() const {
  if (!history().target_drained) return false;
  const Offset since = std::max(*history().target_drained, history().last_target_answer.value_or(Offset{}));
  return recorder_.now() - since > quiet + history_delay;
}

// While the target is down, nobody but us may set its replicas.
void DrillRun::check_interference(const kube::Deployment& deployment, bool deleted) {
  if (!fault_stands_ || !observed_replicas_matter_) return;
  const auto ours = std::find_if(changes_.begin(), changes_.end(), [&](const Change& change) {
    return change.object == ObjectName{deployment.namespace_name, deployment.name};
  });
  if (ours == changes_.end()) return;
  if (deleted || deployment.uid != ours->uid)
    return stop(Abort::Kind::interference, name_of(*ours) + " was deleted by somebody else");
  if (deployment.replicas == ours->to_replicas) return;
  stop(Abort::Kind::interference, fmt::format("somebody else set {} to {} replicas{}", name_of(*ours),
                                              deployment.replicas, managers_of(deployment)));
}

}  // namespace meshdrill::drill
