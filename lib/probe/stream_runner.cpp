#include "probe/stream_runner.hpp"

#include "probe/race.hpp"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {

void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(std::move(error));
}

StreamRunner::StreamRunner(RunServices& services, const Stream& stream, Resolver* resolver,
                           const Schedule& schedule, std::size_t max_in_flight)
    : services_(services),
      stream_(stream),
      resolver_(resolver),
      schedule_(schedule),
      max_in_flight_(max_in_flight),
      timer_(services.context) {}

void StreamRunner::start() {
  planning_ = true;
  next_planned_ = std::chrono::duration_cast<Offset>(schedule_.start_of(0));
  asio::co_spawn(services_.context, plan(), rethrow);
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
  return unfinished_.empty() ? next_planned_ : unfinished_.front().planned;
}

Task<> StreamRunner::plan() {
  for (std::uint64_t index = 0; planning_; ++index) {
    const Duration start = schedule_.start_of(index);
    next_planned_ = std::chrono::duration_cast<Offset>(start);
    timer_.expires_at(services_.epoch + start);
    co_await timer_.async_wait(try_await);
    if (planning_) launch(index);
  }
  if (settled()) services_.on_settled();
}

void StreamRunner::launch(std::uint64_t index) {
  unfinished_.push_back({next_planned_});
  ++in_flight_;
  if (in_flight_ > max_in_flight_) {
    Sample sample = planned_sample(index);
    sample.detail = fmt::format("{} requests in flight already", max_in_flight_);
    record(std::move(sample));
    return;
  }
  asio::co_spawn(services_.context, request(index), rethrow);
}

Sample StreamRunner::planned_sample(std::uint64_t index) const {
  Sample sample;
  sample.stream = stream_.id;
  sample.index = index;
  sample.planned = planned(index);
  sample.started = services_.offset_of(Clock::now());
  sample.address = stream_.address;
  return sample;
}

Task<> StreamRunner::request(std::uint64_t index) {
  const auto start = Clock::now();
  Sample sample = planned_sample(index);
  ConnectionPtr connection = take_kept();
  if (stream_.kind == StreamKind::browser) {
    co_await race_for(sample, connection, start);
  } else if (!connection && !sample.address) {
    co_await look_up(sample);
  }
  const bool asks = connection || (sample.address && stream_.kind != StreamKind::browser);
  if (asks) {
    const ConnectionKind kind = stream_.connection;
    co_await services_.exchanger.exchange(sample, connection, kind, start);
  }
  const bool keep = connection && planning_ && !kept_ && Exchanger::can_reuse(*connection);
  if (keep) kept_ = std::exchange(connection, nullptr);
  record(std::move(sample));
  if (connection && !abandoned_) {
    co_await Exchanger::close(std::move(connection));
  }
}

ConnectionPtr StreamRunner::take_kept() {
  ConnectionPtr connection = std::exchange(kept_, nullptr);
  if (connection && !Exchanger::can_reuse(*connection)) connection.reset();
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
  unfinished_[sample.index - first_unfinished_].done = true;
  while (!unfinished_.empty() && unfinished_.front().done) {
    unfinished_.pop_front();
    ++first_unfinished_;
  }
  services_.batch.samples.push_back(std::move(sample));
  --in_flight_;
  if (settled()) services_.on_settled();
}

}  // namespace meshdrill::probe
