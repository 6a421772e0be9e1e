// Tells coroutines when their sockets can be read or written. Asio could, at the price of two system calls
// and two locks more for each request: it tries an operation before it waits for it, and asks epoll anew each
// time it waits. Here a descriptor is told to epoll once, edge-triggered, and what was seen of it is kept.
//
// One Poller belongs to one io_context and its thread. Either it waits inside that context, or its owner
// calls turn() over and over.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <sys/epoll.h>
#include <vector>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

namespace meshdrill::probe {

enum class Wake { ready, timed_out, cancelled };

class Poller {
 public:
  static constexpr std::uint32_t readable = EPOLLIN;
  static constexpr std::uint32_t writable = EPOLLOUT;

  // Throws system_error when the process has no descriptor left.
  explicit Poller(asio::io_context& context);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Waits until `fd`, a non-blocking socket, is readable or writable (one of the two), failed or closed by
  // its peer. At most one wait for a descriptor at a time.
  Task<Wake> wait(int fd, std::uint32_t event, Clock::time_point deadline);

  // Something was seen since the last wait that a read would find.
  [[nodiscard]] bool seen_readable(int fd);
  // The peer has ended its side, or the connection is gone.
  [[nodiscard]] bool seen_closed(int fd);

  // Closes `fd` now. Nobody may wait for it.
  void close(int fd);
  // Closes it once the peer has, or after `patience`. What the peer still sends is read and dropped if
  // `drain`.
  void close_after_peer(int fd, Duration patience, bool drain);

  // Ends the wait for `fd`, if there is one, as cancelled.
  void give_up(int fd);
  // Every wait, and every later one, ends as cancelled; what is to be closed is closed.
  void cancel();
  // Destroys the coroutines that wait, for when the run broke down.
  void drop();
  // Lets the io_context run out of work as soon as nobody waits.
  void finish();
  // finish() was called, and nobody waits any more.
  [[nodiscard]] bool is_at_rest() const { return finishing_ && waiting_.empty(); }

  // Handles what has happened, waiting up to `milliseconds` for something to. Never mixed with the Poller's
  // own waiting: call drive() first.
  void turn(int milliseconds);
  void drive() { driven_ = true; }

 private:
  using Handler = asio::async_result<asio::use_awaitable_t<Executor>, void(Wake)>::handler_type;
  static constexpr std::size_t nowhere = SIZE_MAX;

  // What is known of a descriptor; the table is indexed by it.
  struct Entry {
    int fd = -1;
    std::uint32_t generation = 0;  // tells a new socket from an old one with the same number
    std::uint32_t interest = 0;    // what epoll was told; 0: nothing yet
    std::uint32_t seen = 0;        // events not used up yet
    std::uint32_t wanted = 0;
    bool closing = false;
    bool drain = false;
    Clock::time_point deadline;
    std::size_t position = nowhere;  // in waiting_
    std::optional<Handler> waiter;
  };

  Entry& entry(int fd);
  void start_wait(Entry& known, std::uint32_t event, Clock::time_point deadline, Handler handler);
  void watch(Entry& known, std::uint32_t events);
  void enlist(Entry& known, Clock::time_point deadline);
  void delist(Entry& known);
  void resume(Entry& known, Wake wake);
  void handle(Entry& known, std::uint32_t events);
  void end_closing(Entry& known);
  void close(Entry& known);
  void arm();
  void arm_expiry(Clock::time_point deadline);
  void expire();
  void rest_when_finished();

  asio::io_context& context_;
  int epoll_;
  asio::posix::basic_stream_descriptor<Executor> descriptor_;  // owns epoll_
  Timer expiry_timer_;
  Clock::time_point expiry_ = Clock::time_point::max();
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Entry*> waiting_;  // those with a deadline, in no order
  std::array<epoll_event, 32> events_{};
  bool armed_ = false;
  bool driven_ = false;
  bool cancelled_ = false;
  bool finishing_ = false;
};

}  // namespace meshdrill::probe
