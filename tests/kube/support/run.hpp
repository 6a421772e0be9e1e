// Runs coroutines to their end from a test.
#pragma once

#include "base/async.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

namespace meshdrill::kube::test {

// No test waits longer than this for something that is to happen.
constexpr auto patience = std::chrono::seconds{30};

// Runs `io` until `done` holds.
inline void run_until(asio::io_context& io, const std::function<bool()>& done) {
  const auto deadline = Clock::now() + patience;
  while (!done()) {
    if (Clock::now() > deadline) throw std::runtime_error("waited for 30 s in vain");
    io.restart();
    io.run_one_for(std::chrono::milliseconds{50});
  }
}

// Runs `task` to its end, other work on `io` beside it. `cancel_when`, when given, is asked after each step;
// once it holds, the task is cancelled.
template <class T>
T run(asio::io_context& io, Task<T> task, const std::function<bool()>& cancel_when = {}) {
  std::optional<T> result;
  std::exception_ptr problem;
  asio::cancellation_signal signal;
  bool cancelled = false;
  asio::co_spawn(io.get_executor(), std::move(task),
                 asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr thrown, T value) {
                   problem = thrown;
                   result.emplace(std::move(value));
                 }));
  run_until(io, [&] {
    if (cancel_when && !cancelled && !result && cancel_when()) {
      cancelled = true;
      signal.emit(asio::cancellation_type::terminal);
    }
    return result.has_value();
  });
  if (problem) std::rethrow_exception(problem);
  return std::move(*result);
}

}  // namespace meshdrill::kube::test
