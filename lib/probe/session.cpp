#include "probe/session.hpp"

#include "probe/schedule.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

constexpr Duration beat =
    std::chrono::milliseconds{20};  // how often the prober looks whether it still runs on time
constexpr int beats_a_batch = 5;    // hence a batch every 100 ms
constexpr Duration lead =
    std::chrono::milliseconds{2};  // from the end of the lookups to the first planned request

// What the user has to know is why; where the families failed differently, IPv4's reason, unless it is just
// empty.
tl::unexpected<Error> no_address(const std::vector<DnsAnswer>& answers) {
  const DnsAnswer& answer = answers.front().result == DnsResult::empty ? answers.back() : answers.front();
  return fail(fmt::format("{}: {} (asked {} for A and AAAA; /etc/hosts is not read)", answer.name,
                          describe(outcome_of(answer.result)), answer.server));
}

}  // namespace

void Session::run(const Plan& plan) {
  asio::co_spawn(context_, prepare(plan), rethrow);
  context_.run();
}

// In a closed loop the sockets come first; timers and lookups have their turn every millisecond. Inside the
// context all the same, where Asio finds the memory of a coroutine that has ended for the next one.
void Session::drive() {
  const auto due = Clock::now() + std::chrono::milliseconds{1};
  while (!poller_.is_at_rest() && Clock::now() < due) poller_.turn(1);
  if (!poller_.is_at_rest()) asio::post(context_, [this] { drive(); });
}

Task<> Session::prepare(Plan plan) {
  run_.epoch = config_.epoch.value_or(Clock::now());
  auto exchanger = Exchanger::make(poller_, plan.target, config_, plan.identifier);
  if (!exchanger) {
    started_(tl::unexpected(exchanger.error()));
    co_return;
  }
  exchanger_ = std::move(*exchanger);
  const Result<> opened = co_await names_.open(plan);
  if (!opened) {
    started_(tl::unexpected(opened.error()));
    co_return;
  }
  run_.vantages = names_.vantages();
  run_.answers = co_await names_.ask_all(run_.epoch);
  std::vector<IpAddress> addresses = config_.addresses;
  if (addresses.empty() && plan.target.literal) addresses.push_back(*plan.target.literal);
  if (addresses.empty()) addresses = addresses_of(run_.answers);
  if (addresses.empty()) {
    started_(no_address(run_.answers));
  } else {
    begin(addresses);
  }
}

void Session::begin(const std::vector<IpAddress>& addresses) {
  run_.streams = streams_for(config_, run_.vantages, addresses);
  if (config_.pinned) names_.pin(addresses);
  run_.findings = names_.judge(run_.answers);
  services_.emplace(RunServices{context_, *exchanger_, run_.epoch, config_.follow, config_.race,
                                config_.timeouts.total, batch_, [this] { deliver_when_settled(); },
                                [this] { deliver_complete(); }});
  const Duration first = Clock::now() + lead - run_.epoch;
  if (config_.closed_loop > 0) {
    poller_.drive();
    asio::post(context_, [this] { drive(); });
  }
  for (const Stream& stream : run_.streams) {
    const auto number = static_cast<std::size_t>(stream.id);
    const Schedule schedule = schedule_for(config_, stream.kind, first, number, run_.streams.size());
    runners_.push_back(
        std::make_unique<StreamRunner>(*services_, stream, names_.resolver_of(stream), schedule,
                                       StreamLimits{in_flight_limit(config_, rate_of(config_, stream.kind)),
                                                    config_.closed_loop, config_.requests}));
    runners_.back()->start();
  }
  names_.start(run_.streams, run_.epoch,
               [this](DnsAnswer answer) { batch_.answers.push_back(std::move(answer)); });
  asio::co_spawn(context_, keep_beating(), rethrow);
  started_(run_);
}

Task<> Session::keep_beating() {
  due_ = Clock::now();
  for (int count = 1; !over_; ++count) {
    due_ += beat;
    beat_timer_.expires_at(due_);
    co_await beat_timer_.async_wait(try_await);
    if (over_) break;
    check_stall();
    due_ = std::max(due_, Clock::now() - beat);
    if (count % beats_a_batch == 0) deliver_complete();
  }
}

void Session::deliver_complete() {
  Offset upto = now();
  for (const auto& runner : runners_) upto = std::min(upto, runner->complete_upto());
  deliver(upto);
}

// The beat should have come at due_.
void Session::check_stall() {
  const auto stall = stalls_.beat(std::chrono::duration_cast<Offset>(due_ - run_.epoch), now());
  if (stall) batch_.stalls.push_back(*stall);
}

void Session::deliver(Offset upto) {
  batch_.upto = std::max(batch_.upto, upto);
  check_stall();
  stalls_.mark(batch_.samples, batch_.upto);
  batch_.findings = names_.judge(batch_.answers);
  Batch batch;
  batch.upto = batch_.upto;
  std::swap(batch, batch_);
  batch_.upto = batch.upto;
  sink_(std::move(batch));
}

void Session::deliver_when_settled() {
  const bool settled =
      std::all_of(runners_.begin(), runners_.end(), [](const auto& runner) { return runner->settled(); });
  if (over_ || !ending_ || !settled) return;
  over_ = true;
  deliver(now() + Offset{1});
  beat_timer_.cancel();
  names_.cancel();  // what nobody waits for any more
  poller_.finish();
}

void Session::end(bool at_once) {
  ending_ = true;
  names_.stop();
  for (const auto& runner : runners_) at_once ? runner->abandon() : runner->stop();
  if (at_once) {
    exchanger_->abandon();
    names_.cancel();
  }
  deliver_when_settled();
}

}  // namespace meshdrill::probe
