// What runs beside the phases: the prober with its guard, the watches on the API, and the renewal of the
// locks.
#include "drill/journal/sample_codec.hpp"
#include "drill/run/run.hpp"
#include "kube/events.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>

namespace meshdrill::drill {

namespace {

namespace json = boost::json;

// Whose failures are the drill's own doing.
std::set<int> streams_of_fault(const History& history) {
  std::set<int> streams;
  for (const probe::Stream& stream : history.streams) {
    if (history.is_of_fault(stream)) streams.insert(stream.id);
  }
  return streams;
}

}  // namespace

void DrillRun::start_prober() {
  probe::ProbeConfig config = scenario().traffic;
  config.epoch = recorder_.epoch();
  config.url = history().url;
  config.note_local_ports = true;  // the journal keeps every sample, to be found in the servers' logs
  for (const Cluster& cluster : clusters_) config.identify.clusters.push_back(cluster.name);
  Guards rules = scenario().guards;
  if (scenario().fault.kind == Fault::Kind::none) {
    // There is nothing to put back: what users suffer is for the verdict.
    rules.abort_if.clear();
    rules.consecutive_failures = 0;
  }
  guard_ = std::make_unique<Guard>(std::move(rules), recorder_.epoch(), [this](std::string breach) {
    asio::post(io_, [this, breach] { stop(Abort::Kind::guard, breach); });
  });
  prober_ = std::make_unique<probe::Prober>(config, [this](probe::Batch batch) {
    guard_->feed(batch);
    asio::post(io_, [this, moved = std::move(batch)] { take_batch(moved); });
  });
  const Result<probe::Run> run = prober_->start();
  if (!run) {
    stop(Abort::Kind::refused, "the prober cannot start: " + run.error().message);
    prober_.reset();
    return;
  }
  json::array streams;
  for (const probe::Stream& stream : run->streams) streams.emplace_back(encode(stream));
  json::array answers;
  for (const probe::DnsAnswer& answer : run->answers) answers.emplace_back(encode(answer));
  json::array vantages;
  for (const probe::Vantage& vantage : run->vantages) vantages.emplace_back(encode(vantage));
  json::array findings;
  for (const probe::DnsFinding& finding : run->findings) findings.emplace_back(encode(finding));
  recorder_.note("streams", {{"streams", std::move(streams)},
                             {"answers", std::move(answers)},
                             {"vantages", std::move(vantages)},
                             {"findings", std::move(findings)}});
  guard_->ignore(streams_of_fault(history()));
}

void DrillRun::stop_prober() {
  if (!prober_) return;
  if (const Result<> stopped = prober_->stop(); !stopped) note_warning(stopped.error().message);
}

void DrillRun::take_batch(const probe::Batch& batch) {
  recorder_.note("samples", encode(batch));
  // What cannot be written down must not go on; what was changed is put back all the same.
  if (recorder_.broken()) stop(Abort::Kind::failed, recorder_.broken()->message);
  judged_upto_ = batch.upto - std::chrono::milliseconds{300};
}

void DrillRun::take_endpoints(const std::string& cluster, int ready) {
  recorder_.note("observed", {{"cluster", cluster}, {"readyEndpoints", ready}});
  ready_[cluster] = ready;
  if (!guard_ || scenario().fault.kind == Fault::Kind::none) return;
  int elsewhere = 0;
  for (const auto& [name, count] : ready_) elsewhere += name == scenario().target.cluster ? 0 : count;
  guard_->survivors(elsewhere, survivors_floor_);
}

Observer::Events DrillRun::observer_events() {
  return {[this](const std::string& cluster, int ready) { take_endpoints(cluster, ready); },
          [this](const Change& change, const json::value& object, bool deleted) {
            take_object(change, object, deleted);
          }};
}

Task<> DrillRun::post_events(std::string reason, std::string note, bool warning) {
  for (const Change& change : changes_) {
    const bool workload = change.object_kind != ObjectKind::service;
    kube::EventNotice notice;
    notice.api_version = workload ? "apps/v1" : "v1";
    notice.kind = to_string(change.object_kind);
    notice.namespace_name = change.object.ns;
    notice.name = change.object.name;
    notice.uid = change.uid;
    notice.type = warning ? kube::EventNotice::Type::warning : kube::EventNotice::Type::normal;
    notice.reason = reason;
    notice.action = "Drill";
    notice.note = note;
    notice.instance = run_;
    notice.time = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    const kube::ApiResult<void> posted = co_await kube::post_event(*target().client, std::move(notice));
    if (!posted) {
      if (events_wanted_) note_warning("no Event was posted: " + to_string(posted.error()));
      break;
    }
  }
  --posting_;
}

void DrillRun::announce(std::string reason, std::string note, bool warning) {
  ++posting_;
  spawn(post_events(std::move(reason), std::move(note), warning));
}

void DrillRun::spawn(Task<> task) {
  background_.push_back(std::make_unique<asio::cancellation_signal>());
  asio::co_spawn(io_, std::move(task),
                 asio::bind_cancellation_slot(background_.back()->slot(), [](const std::exception_ptr&) {}));
}

// The heartbeat goes with the locks: who keeps the one keeps the other.
void DrillRun::keep_locks() {
  Renewal::Events events;
  events.beat = [this] {
    if (!watchdog_ || watchdog_->beat()) return;
    watchdog_.reset();
    note_warning("the watchdog died; if this drill is killed now, run: meshdrill recover");
  };
  events.renewed = [this](const Lock& lock) { guard_->answered(lock.cluster()); };
  events.failed = [this](const Lock& lock, const std::string& why) { lock_failed(lock, why); };
  renewal_ = std::make_unique<Renewal>(io_.get_executor(), std::move(events));
  for (const std::string& cluster : locked_) renewal_->add(locks_.at(cluster));
}

// Whoever holds the lock now takes this drill for dead, and its changes for his to undo.
void DrillRun::lock_failed(const Lock& lock, const std::string& why) {
  if (lock.lost()) {
    stop(Abort::Kind::interference, why);
  } else {
    note_warning(why);
  }
}

}  // namespace meshdrill::drill
