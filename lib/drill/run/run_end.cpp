// The way out: whatever happened, what was changed is put back, and the locks are given up.
#include "drill/change/ownership.hpp"
#include "drill/change/restore.hpp"
#include "drill/run/run.hpp"

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using namespace std::chrono_literals;

// So long the target must have answered again before it counts as back.
constexpr probe::Offset steady = 1s;
// A write without an answer may be carried out as late as this after it was given up: a request has ten
// seconds.
constexpr Duration late_write = 11s;
// So long the end waits for Events that are on their way.
constexpr std::chrono::seconds event_patience = 3s;

}  // namespace

Task<> DrillRun::finish() {
  watched_ = false;
  if (guard_) guard_->rest();
  if (history().changed) {
    co_await put_back_safely();
  }
  if (!stopped_ && history().changed) {
    begin(Phase::recovered);
    co_await wait_for(scenario().phases.recovered);
  }
  stop_prober();
  observer_.stop();
  co_await wait_for_events();
  for (const auto& task : background_) task->emit(asio::cancellation_type::terminal);
  if (renewal_) renewal_->stop();
  co_await pause(1ms);  // lets the batches in that the prober posted while it stopped
  co_await release_locks();
  recorder_.note("end", {}, Durability::synced);
  signals_.cancel();
  finished_ = true;
  if (watchdog_) watchdog_->all_clear();
}

// An error of ours in the restore is a restore that is not verified, and nothing less: the record stays, and
// whoever reads the report has the commands.
Task<> DrillRun::put_back_safely() {
  std::string problem;
  try {
    co_await put_back();
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (problem.empty()) co_return;
  restored_ = false;
  problem = with_commands("internal error: " + problem, target().context, changes_);
  recorder_.note("restored", {{"verified", false}, {"message", problem}}, Durability::synced);
}

Task<> DrillRun::put_back() {
  begin(Phase::restore);
  for (const Change& change : changes_) note_write("intent", "restore", change);
  const Duration look_again = unsettled_ ? late_write : Duration::zero();
  PutBack done = co_await drill::put_back(*target().client, changes_, scenario().phases.restore, look_again);
  for (const Undone& undone : done.undone) {
    if (undone.stands) note_write("wrote", "restore", undone.change);
  }
  std::string problem = std::move(done.problem);
  if (problem.empty()) {
    co_await give_back_ownership();
    const std::function<bool()> back = [this] { return target_is_back(); };
    co_await wait_until(scenario().phases.restore, back);
  }
  restored_ = problem.empty();
  const std::string end = restored_ ? "and has put everything back" : "and could NOT put everything back";
  announce("DrillEnded", fmt::format("meshdrill run {} ended its fault here {}", run_, end), !restored_);
  if (!restored_) problem = with_commands(problem, target().context, changes_);
  recorder_.note("restored", {{"verified", restored_}, {"message", problem}}, Durability::synced);
}

// Whoever looks at the cluster is to know that the drill is over, also when it was cut short.
Task<> DrillRun::wait_for_events() {
  const Clock::time_point end = Clock::now() + event_patience;
  while (posting_ > 0 && Clock::now() < end) {
    co_await pause(10ms);
  }
  if (posting_ > 0) {
    note_warning(fmt::format("no Event was posted: {} has not answered for {} s", target().name,
                             event_patience.count()));
  }
  events_wanted_ = false;
}

Task<> DrillRun::give_back_ownership() {
  const std::vector<OwnershipReport> reports =
      co_await settle_ownership(*target().client, changes_, scenario().ownership);
  for (const OwnershipReport& report : reports) note_ownership(report);
}

bool DrillRun::target_is_back() const {
  if (!history().target_ready_again) return false;
  probe::Offset since = *history().target_ready_again;
  if (history().takes_answers_away()) {
    if (!history().target_seen_again) return false;
    since = *history().target_seen_again;
  }
  return recorder_.now() - since > steady;
}

// The record stays where the restore is not certain: it is what `recover` works from.
Task<> DrillRun::release_locks() {
  for (const std::string& cluster : locked_) {
    const bool keep = history().changed && !restored_ && cluster == scenario().target.cluster;
    if (keep) continue;
    Result<> released = co_await locks_.at(cluster)->release();
    if (!released) note_warning("the drill's Lease was not released: " + released.error().message);
  }
}

}  // namespace meshdrill::drill
