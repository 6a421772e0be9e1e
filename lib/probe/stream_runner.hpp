// Sends the requests of one stream when the schedule wants them, and keeps count of which are done.
#pragma once

#include "base/async.hpp"
#include "probe/ask/exchange.hpp"
#include "probe/dns/resolver.hpp"
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
  std::function<void()> on_full;     // the batch has enough samples to be handed on

  [[nodiscard]] Offset offset_of(Clock::time_point time) const {
    return std::chrono::duration_cast<Offset>(time - epoch);
  }
};

struct StreamLimits {
  std::size_t max_in_flight = 0;
  std::size_t closed_loop = 0;  // above 0: that many in flight at any time, instead of the schedule
  std::uint64_t requests = 0;   // how many are planned; 0: until stop()
};

class StreamRunner {
 public:
  // `resolver` is that of the stream's vantage; pinned: none.
  StreamRunner(RunServices& services, const Stream& stream, Resolver* resolver, const Schedule& schedule,
               const StreamLimits& limits);

  void start();
  void stop();     // plans no more
  void abandon();  // the same; those in flight must be ended by the exchanger and the resolver

  // Plans nothing more and has nothing in flight.
  [[nodiscard]] bool settled() const { return !planning_ && in_flight_ == 0; }
  // Every request planned before this is done. Offset::max() once settled.
  [[nodiscard]] Offset complete_upto() const;

 private:
  struct Unfinished {
    Offset planned;
    bool done = false;
  };

  Task<> plan();
  Task<> repeat();
  void launch();
  Task<> request(Sample sample, Clock::time_point start);
  Task<> ask(Sample& sample, ConnectionPtr& connection, Clock::time_point start);
  Task<> find_and_ask(Sample& sample, ConnectionPtr& connection, Clock::time_point start);
  Task<> look_up(Sample& sample);
  void take_first(Sample& sample, const DnsAnswer& answer) const;
  Task<> race_for(Sample& sample, ConnectionPtr& connection, Clock::time_point start);
  void keep(const DnsAnswer& answer, Clock::time_point asked);
  ConnectionPtr take_kept();
  [[nodiscard]] bool wants_more() const {
    return planning_ && (limits_.requests == 0 || begun_ < limits_.requests);
  }
  Sample begin(Offset planned, Clock::time_point now);
  void record(Sample sample);
  void settle();

  RunServices& services_;
  Stream stream_;
  Resolver* resolver_;
  Schedule schedule_;
  StreamLimits limits_;
  Timer timer_;
  ConnectionPtr kept_;  // reused streams: idle, to be used next; when it is busy, another one is opened
  std::size_t in_flight_ = 0;
  bool planning_ = false;
  bool abandoned_ = false;
  std::uint64_t begun_ = 0;            // how many requests were; the index of the next one
  std::deque<Unfinished> unfinished_;  // the latest of those, from the first on that is not done
  Offset next_planned_{};              // of the request after those

  // Follow::ttl: the answer that is still good.
  DnsAnswer kept_answer_;
  Clock::time_point good_until_;
};

// For asio::co_spawn: an exception that leaves a coroutine ends the run.
void rethrow(std::exception_ptr error);

}  // namespace meshdrill::probe
