// When the effect of the fault stood, and when it was undone, from what was written and what the API showed.
#include "drill/journal/history.hpp"
#include "drill/json_members.hpp"

#include <algorithm>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;
using probe::Offset;

// As name_of(Change) has it.
std::string object_key(const json::object& fields) {
  Change change;
  change.object_kind = object_kind_from_string(text(fields, "kind"));
  change.object = {text(fields, "namespace"), text(fields, "name")};
  return name_of(change);
}

}  // namespace

void HistoryBuilder::add_write(const Entry& entry) {
  const std::string action = text(entry.fields, "action");
  (action == "restore" ? history_.restore_written : history_.faulted) = entry.at;
  // There is nothing in the API to wait for: the annotation is the effect, and traffic shows what it does.
  if (history_.scenario.fault.kind == Fault::Kind::unshare) note_effect(entry.at, true, true);
  // What came back by itself before, as deleted Pods do, is not shown again.
  if (action == "restore") note_effect(entry.at, false, back_);
}

void HistoryBuilder::add_observation(const Entry& entry) {
  if (text(entry.fields, "cluster") != history_.target()) return;
  if (const auto* ready = entry.fields.if_contains("readyReplicas"))
    return add_workload(entry, ready->as_int64());
  const Fault::Kind kind = history_.scenario.fault.kind;
  if (const auto* pods = entry.fields.if_contains("podsLeft")) return add_pods(entry, pods->as_int64());
  const auto* ready = entry.fields.if_contains("readyEndpoints");
  if (ready == nullptr) return;
  const auto before = history_.ready_before.find(history_.target());
  const bool back = before == history_.ready_before.end() || ready->as_int64() >= before->second;
  if (kind == Fault::Kind::scale) note_effect(entry.at, ready->as_int64() <= history_.left_ready, back);
  if (kind == Fault::Kind::delete_pods) note_effect(entry.at, false, back);
}

// What is taken away and is not behind the Service: its Pods are counted by its own status.
void HistoryBuilder::add_workload(const Entry& entry, std::int64_t ready) {
  const Fault::Kind kind = history_.scenario.fault.kind;
  if (kind != Fault::Kind::ingress_controller && kind != Fault::Kind::control_plane) return;
  shown_[object_key(entry.fields)] = ready;
  bool gone = true;
  bool back = true;
  for (const Change& change : history_.changes) {
    const auto seen = shown_.find(name_of(change));
    gone = gone && seen != shown_.end() && seen->second <= change.to_replicas;
    back = back && seen != shown_.end() && seen->second >= change.replicas;
  }
  note_effect(entry.at, gone, back);
}

// Deleted Pods of one workload that are still there.
void HistoryBuilder::add_pods(const Entry& entry, std::int64_t left) {
  shown_[object_key(entry.fields)] = left;
  const bool gone = std::all_of(history_.changes.begin(), history_.changes.end(), [&](const Change& change) {
    const auto seen = shown_.find(name_of(change));
    return seen != shown_.end() && seen->second == 0;
  });
  note_effect(entry.at, gone, back_);
}

// From the intent on, not from the acknowledgement: that may be lost, and what it would have said be seen
// before it is settled.
void HistoryBuilder::note_effect(Offset at, bool gone, bool back) {
  back_ = back;
  if (!history_.changed) return;
  if (!restoring_ && gone && !history_.target_drained) history_.target_drained = at;
  if (restoring_ && back && !history_.target_ready_again) history_.target_ready_again = at;
}

}  // namespace meshdrill::drill
