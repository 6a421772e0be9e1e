#include "kube/pause.hpp"

#include <algorithm>

#include <boost/system/system_error.hpp>

namespace meshdrill::kube {

Task<bool> pause(Executor executor, Duration duration) {
  Timer timer(executor, duration);
  try {
    const auto [cancelled] = co_await timer.async_wait(try_await);
    co_return !cancelled;
  } catch (const boost::system::system_error&) {  // cancelled before it began to wait
    co_return false;
  }
}

BackOff::BackOff(Duration first, Duration limit)
    : first_(first), limit_(limit), current_(first), random_(std::random_device{}()) {}

Duration BackOff::next() {
  std::uniform_int_distribution<Duration::rep> between(current_.count() / 2, current_.count());
  current_ = std::min(current_ * 2, limit_);
  return Duration{between(random_)};
}

void BackOff::reset() {
  current_ = first_;
}

}  // namespace meshdrill::kube
