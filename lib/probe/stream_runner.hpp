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
  Resolver& resolver;
  Exchanger& exchanger;
  std::string host;
  Clock::time_point epoch;
  Batch& batch;                      // what became known goes here
  std::function<void()> on_settled;  // a runner has nothing in flight any more, and plans nothing

  [[nodiscard]] Offset offset_of(Clock::time_point time) const {
    return std::chrono::duration_cast<Offset>(time - epoch);
  }
};

class StreamRunner {
 public:
  StreamRunner(RunServices& services, const Stream& stream, const Schedule& schedule,
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
  ConnectionPtr take_kept();
  void record(Sample sample);
  [[nodiscard]] Sample planned_sample(std::uint64_t index) const;
  [[nodiscard]] Offset planned(std::uint64_t index) const;

  RunServices& services_;
  Stream stream_;
  Schedule schedule_;
  std::size_t max_in_flight_;
  Timer timer_;
  ConnectionPtr kept_;  // reused streams: idle, to be used next; when it is busy, another one is opened
  std::size_t in_flight_ = 0;
  bool planning_ = false;
  bool abandoned_ = false;
  // Which of the requests from first_unfinished_ on are done; the first of them is not.
  std::uint64_t first_unfinished_ = 0;
  std::deque<bool> done_;
};

// For asio::co_spawn: an exception that leaves a coroutine ends the run.
void rethrow(std::exception_ptr error);

}  // namespace meshdrill::probe
