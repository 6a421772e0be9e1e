// Sends the requests of one stream when the schedule wants them, and keeps count of which are done.
#pragma once

#include "base/async.hpp"
#include "probe/exchange.hpp"
#include "probe/resolver.hpp"
#include "probe/schedule.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

namespace meshdrill::probe {

// What all streams of a run share. Outlives its runners.
struct RunServices {
  asio::io_context& context;
  Exchanger& exchanger;
  Clock::time_point epoch;
  Follow follow;
  RaceTimes race;
  Duration total;                    // time-out of a request
  Batch& batch;                      // what became known goes here
  std::function<void()> on_settled;  // a runner has nothing in flight any more, and plans nothing

  [[nodiscard]] Offset offset_of(Clock::time_point time) const {
    return std::chrono::duration_cast<Offset>(time - epoch);
  }
};

class StreamRunner {
 public:
  // `resolver` is that of the stream's vantage; pinned: none.
  StreamRunner(RunServices& services, const Stream& stream, Resolver* resolver, const Schedule& schedule,
               std::size_t max_in_flight);

  void start();
  void stop();     // plans no more
  void abandon();  // the same; those in flight must be ended by the exchanger and the resolver

  // Plans nothing more and has nothing in flight.
  [[nodiscard]] bool settled() const { return !planning_ && in_flight_ == 0; }
  // Every request planned before this is done. Offset::max() once settled.
  [[nodiscard]] Offset complete_upto() const;

 private:
  Task<> plan();
  void launch(std::uint64_t index);
  Task<> request(std::uint64_t index);
  Task<> look_up(Sample& sample);
  void take_first(Sample& sample, const DnsAnswer& answer) const;
  Task<> race_for(Sample& sample, ConnectionPtr& connection, Clock::time_point start);
  void keep(const DnsAnswer& answer, Clock::time_point asked);
  ConnectionPtr take_kept();
  void record(Sample sample);
  [[nodiscard]] Sample planned_sample(std::uint64_t index) const;
  [[nodiscard]] Offset planned(std::uint64_t index) const {
    return unfinished_[index - first_unfinished_].planned;
  }

  RunServices& services_;
  Stream stream_;
  Resolver* resolver_;
  Schedule schedule_;
  std::size_t max_in_flight_;
  Timer timer_;
  ConnectionPtr kept_;  // reused streams: idle, to be used next; when it is busy, another one is opened
  std::size_t in_flight_ = 0;
  bool planning_ = false;
  bool abandoned_ = false;
  // The requests from first_unfinished_ on that were launched; the first of them is not done.
  struct Unfinished {
    Offset planned;
    bool done = false;
  };
  std::uint64_t first_unfinished_ = 0;
  std::deque<Unfinished> unfinished_;
  Offset next_planned_{};  // of the request after those

  // Follow::ttl: the answer that is still good.
  DnsAnswer kept_answer_;
  Clock::time_point good_until_;
};

// For asio::co_spawn: an exception that leaves a coroutine ends the run.
void rethrow(std::exception_ptr error);

}  // namespace meshdrill::probe
