#include "probe/stream_runner.hpp"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {

void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(std::move(error));
}

StreamRunner::StreamRunner(RunServices& services, const Stream& stream, const Schedule& schedule,
                           std::size_t max_in_flight)
    : services_(services),
      stream_(stream),
      schedule_(schedule),
      max_in_flight_(max_in_flight),
      timer_(services.context) {}

void StreamRunner::start() {
  planning_ = true;
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

Offset StreamRunner::planned(std::uint64_t index) const {
  return std::chrono::duration_cast<Offset>(schedule_.start_of(index));
}

Offset StreamRunner::complete_upto() const {
  return settled() ? Offset::max() : planned(first_unfinished_);
}

Task<> StreamRunner::plan() {
  for (std::uint64_t index = 0; planning_; ++index) {
    timer_.expires_at(services_.epoch + schedule_.start_of(index));
    co_await timer_.async_wait(try_await);
    if (planning_) launch(index);
  }
  if (settled()) services_.on_settled();
}

void StreamRunner::launch(std::uint64_t index) {
  done_.push_back(false);
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
  if (!connection && !sample.address) {
    co_await look_up(sample);
  }
  if (connection || sample.address) {
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
  const std::string& host = services_.host;
  const Family family = stream_.family;
  DnsAnswer answer = co_await services_.resolver.resolve(host, family);
  answer.asked = sample.started;
  sample.phases.dns = answer.took;
  if (abandoned_) {
    sample.outcome = Outcome::cancelled;
  } else if (answer.result == DnsResult::ok) {
    // The first, as a client without a choice of its own would: it is the DNS balancer that is being watched.
    sample.address = answer.records.front().address;
  } else {
    sample.outcome = outcome_of(answer.result);
  }
  services_.batch.answers.push_back(std::move(answer));
}

void StreamRunner::record(Sample sample) {
  sample.finished = services_.offset_of(Clock::now());
  done_[sample.index - first_unfinished_] = true;
  while (!done_.empty() && done_.front()) {
    done_.pop_front();
    ++first_unfinished_;
  }
  services_.batch.samples.push_back(std::move(sample));
  --in_flight_;
  if (settled()) services_.on_settled();
}

}  // namespace meshdrill::probe
