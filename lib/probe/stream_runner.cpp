#include "probe/stream_runner.hpp"

#include "probe/ask/race.hpp"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {

void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(std::move(error));
}

namespace {

constexpr std::size_t full_batch = 256;
// In a closed loop, after a request without an answer: a server that refuses must not be asked in a spin.
constexpr Duration pause_after_failure = std::chrono::milliseconds{10};

bool was_answered(const Sample& sample) {
  return sample.status != 0 || sample.outcome == Outcome::ok;
}

}  // namespace

StreamRunner::StreamRunner(RunServices& services, const Stream& stream, Resolver* resolver,
                           const Schedule& schedule, const StreamLimits& limits)
    : services_(services),
      stream_(stream),
      resolver_(resolver),
      schedule_(schedule),
      limits_(limits),
      timer_(services.context) {}

void StreamRunner::start() {
  planning_ = true;
  next_planned_ = std::chrono::duration_cast<Offset>(schedule_.start_of(0));
  if (limits_.closed_loop == 0) asio::co_spawn(services_.context, plan(), rethrow);
  for (std::size_t i = 0; i < limits_.closed_loop; ++i) asio::co_spawn(services_.context, repeat(), rethrow);
}

void StreamRunner::stop() {
  if (!planning_) return;
  planning_ = false;
  timer_.cancel();
  kept_.reset();
}

void StreamRunner::abandon() {
  abandoned_ = true;
  stop();
}

Offset StreamRunner::complete_upto() const {
  if (settled()) return Offset::max();
  if (!unfinished_.empty()) return unfinished_.front().planned;
  return limits_.closed_loop > 0 ? services_.offset_of(Clock::now()) : next_planned_;
}

Task<> StreamRunner::plan() {
  while (wants_more()) {
    const Duration start = schedule_.start_of(begun_);
    next_planned_ = std::chrono::duration_cast<Offset>(start);
    timer_.expires_at(services_.epoch + start);
    co_await timer_.async_wait(try_await);
    if (planning_) launch();
  }
  stop();
  settle();
}

void StreamRunner::launch() {
  const auto now = Clock::now();
  Sample sample = begin(next_planned_, now);
  if (in_flight_ > limits_.max_in_flight) {
    sample.detail = fmt::format("{} requests in flight already", limits_.max_in_flight);
    record(std::move(sample));
    settle();
    return;
  }
  asio::co_spawn(services_.context, request(std::move(sample), now), rethrow);
}

Sample StreamRunner::begin(Offset planned, Clock::time_point now) {
  unfinished_.push_back({planned});
  ++in_flight_;
  Sample sample;
  sample.stream = stream_.id;
  sample.index = begun_++;
  sample.planned = planned;
  sample.started = services_.offset_of(now);
  sample.address = stream_.address;
  return sample;
}

Task<> StreamRunner::request(Sample sample, Clock::time_point start) {
  ConnectionPtr connection = take_kept();
  co_await ask(sample, connection, start);
  const bool keep = connection && planning_ && !kept_ && services_.exchanger.can_reuse(*connection, false);
  if (keep) kept_ = std::move(connection);
  if (connection) Exchanger::close(std::move(connection));
  record(std::move(sample));
  settle();
}

// In a closed loop: one request after the other.
Task<> StreamRunner::repeat() {
  Timer pause{services_.context};
  ConnectionPtr connection;
  while (wants_more()) {
    const auto start = Clock::now();
    Sample sample = begin(services_.offset_of(start), start);
    co_await ask(sample, connection, start);
    const bool keep = connection && planning_ && services_.exchanger.can_reuse(*connection, true);
    if (connection && !keep) Exchanger::close(std::move(connection));
    const bool answered = was_answered(sample);
    record(std::move(sample));
    if (answered || !planning_) continue;
    pause.expires_after(pause_after_failure);
    co_await pause.async_wait(try_await);
  }
  if (planning_ && in_flight_ == 0) stop();
  settle();
}

// Sends a request on `connection`, or on a new one.
Task<> StreamRunner::ask(Sample& sample, ConnectionPtr& connection, Clock::time_point start) {
  if (connection || stream_.kind == StreamKind::pinned)
    return services_.exchanger.exchange(sample, connection, stream_.connection, start);
  return find_and_ask(sample, connection, start);
}

Task<> StreamRunner::find_and_ask(Sample& sample, ConnectionPtr& connection, Clock::time_point start) {
  if (stream_.kind == StreamKind::browser) {
    co_await race_for(sample, connection, start);
    if (!connection) co_return;
  } else {
    co_await look_up(sample);
  }
  if (sample.address) {
    const ConnectionKind kind = stream_.connection;
    co_await services_.exchanger.exchange(sample, connection, kind, start);
  }
}

ConnectionPtr StreamRunner::take_kept() {
  ConnectionPtr connection = std::move(kept_);
  if (connection && !services_.exchanger.can_reuse(*connection, false)) connection.reset();
  return connection;
}

// Fills in the address, or how the request ended for want of one.
Task<> StreamRunner::look_up(Sample& sample) {
  if (services_.follow == Follow::ttl && Clock::now() < good_until_) {
    take_first(sample, kept_answer_);
    co_return;
  }
  const auto asked = Clock::now();
  DnsAnswer answer = co_await resolver_->resolve(stream_.family);
  answer.asked = sample.started;
  sample.phases.dns = answer.took;
  if (abandoned_) {
    sample.outcome = Outcome::cancelled;
  } else {
    take_first(sample, answer);
    keep(answer, asked);
  }
  services_.batch.answers.push_back(std::move(answer));
}

void StreamRunner::take_first(Sample& sample, const DnsAnswer& answer) const {
  if (answer.result == DnsResult::ok) {
    // The first, as a client without a choice of its own would: it is the DNS balancer that is being watched.
    sample.address = answer.records.front().address;
  } else {
    sample.outcome = outcome_of(answer.result);
    sample.detail = answer.detail;
  }
}

void StreamRunner::keep(const DnsAnswer& answer, Clock::time_point asked) {
  if (services_.follow != Follow::ttl || answer.result != DnsResult::ok) return;
  kept_answer_ = answer;
  good_until_ = asked + answer.ttl;
}

Task<> StreamRunner::race_for(Sample& sample, ConnectionPtr& connection, Clock::time_point start) {
  const auto on_answer = [this, asked = sample.started](DnsAnswer answer) {
    answer.asked = asked;
    services_.batch.answers.push_back(std::move(answer));
  };
  RaceServices services{services_.context, services_.exchanger, *resolver_, services_.race, on_answer};
  co_await race(std::move(services), sample, connection, start + services_.total);
  if (abandoned_ && !connection) sample.outcome = Outcome::cancelled;
}

void StreamRunner::record(Sample sample) {
  sample.finished = services_.offset_of(Clock::now());
  const std::uint64_t first = begun_ - unfinished_.size();
  unfinished_[sample.index - first].done = true;
  while (!unfinished_.empty() && unfinished_.front().done) unfinished_.pop_front();
  --in_flight_;
  services_.batch.samples.push_back(std::move(sample));
  if (services_.batch.samples.size() >= full_batch) services_.on_full();
}

void StreamRunner::settle() {
  if (settled()) services_.on_settled();
}

}  // namespace meshdrill::probe
