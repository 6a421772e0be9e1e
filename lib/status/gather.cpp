#include "status/gather.hpp"

#include <deque>
#include <exception>

#include <boost/asio/co_spawn.hpp>

namespace meshdrill::status {

struct Gather::State {
  State(Executor on, int most) : executor(on), limit(most), done(on) {
    done.expires_at(Clock::time_point::max());
  }

  Executor executor;
  int limit;
  int running = 0;
  std::deque<Task<>> waiting;
  Timer done;
  std::exception_ptr failure;

  static void start_next(const std::shared_ptr<State>& self) {
    while (self->running < self->limit && !self->waiting.empty()) {
      Task<> task = std::move(self->waiting.front());
      self->waiting.pop_front();
      ++self->running;
      asio::co_spawn(self->executor, std::move(task), [self](const std::exception_ptr& failed) {
        --self->running;
        if (failed && !self->failure) self->failure = failed;
        start_next(self);
        if (self->running == 0) self->done.cancel();
      });
    }
  }
};

Gather::Gather(Executor executor, int limit) : state_(std::make_shared<State>(executor, limit)) {}

void Gather::add(Task<> task) {
  state_->waiting.push_back(std::move(task));
  State::start_next(state_);
}

Task<> Gather::wait() {
  while (state_->running > 0) {
    co_await state_->done.async_wait(try_await);
  }
  if (state_->failure) std::rethrow_exception(state_->failure);
}

}  // namespace meshdrill::status
