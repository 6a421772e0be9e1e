// What runs beside the phases: the prober with its guard, the watches on the API, and the renewal of the
// locks.
#include "drill/run.hpp"
#include "drill/sample_codec.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>

namespace meshdrill::drill {

namespace json = boost::json;

void DrillRun::start_prober() {
  probe::ProbeConfig config = scenario().traffic;
  config.epoch = recorder_.epoch();
  config.url = history().url;
  for (const Cluster& cluster : clusters_) config.identify.clusters.push_back(cluster.name);
  guard_ = std::make_unique<Guard>(scenario().guards, recorder_.epoch(), [this](std::string breach) {
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
  recorder_.note("streams", {{"streams", std::move(streams)}, {"answers", std::move(answers)}});
}

void DrillRun::stop_prober() {
  if (!prober_) return;
  if (const Result<> stopped = prober_->stop(); !stopped) note_warning(stopped.error().message);
}

void DrillRun::take_batch(const probe::Batch& batch) {
  recorder_.note("samples", encode(batch));
  judged_upto_ = batch.upto - std::chrono::milliseconds{300};
}

Observer::Events DrillRun::observer_events() {
  return {
      [this](const std::string& cluster, int ready) {
        recorder_.note("observed", {{"cluster", cluster}, {"readyEndpoints", ready}});
      },
      [this](const kube::Deployment& deployment, bool deleted) { check_interference(deployment, deleted); }};
}

Task<> DrillRun::renew_locks() {
  Timer timer{io_.get_executor()};
  for (;;) {
    timer.expires_after(lock_renewal);
    co_await timer.async_wait(await);
    for (const std::string& cluster : locked_) {
      Result<> renewed = co_await locks_.at(cluster).renew();
      if (!renewed && !finished_) note_warning(renewed.error().message);
    }
  }
}

void DrillRun::spawn(Task<> task) {
  asio::co_spawn(io_, std::move(task),
                 asio::bind_cancellation_slot(renewal_.slot(), [](const std::exception_ptr&) {}));
}

}  // namespace meshdrill::drill
