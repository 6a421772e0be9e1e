#include "drill/safety/renewal.hpp"

#include <exception>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>

namespace meshdrill::drill {

struct Renewal::State {
  State(Executor its, Events wanted) : executor(its), events(std::move(wanted)) {}

  Executor executor;
  Events events;
  bool stopped = false;
  std::vector<std::shared_ptr<Timer>> timers;

  std::shared_ptr<Timer> make_timer() { return timers.emplace_back(std::make_shared<Timer>(executor)); }

  static Task<> beat(std::shared_ptr<State> state) {
    const std::shared_ptr<Timer> timer = state->make_timer();
    while (!state->stopped) {
      state->events.beat();
      timer->expires_after(lock_renewal);
      co_await timer->async_wait(try_await);
    }
  }

  static Task<> renew(std::shared_ptr<State> state, std::shared_ptr<Lock> lock) {
    const std::shared_ptr<Timer> timer = state->make_timer();
    while (!state->stopped) {
      timer->expires_after(lock_renewal);
      co_await timer->async_wait(try_await);
      if (state->stopped) co_return;
      const Result<> renewed = co_await lock->renew();
      if (state->stopped) co_return;
      if (renewed) {
        state->events.renewed(*lock);
      } else {
        state->events.failed(*lock, renewed.error().message);
      }
    }
  }
};

namespace {

void spawn(Executor executor, Task<> loop) {
  asio::co_spawn(executor, std::move(loop), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
}

}  // namespace

Renewal::Renewal(Executor executor, Events events)
    : state_(std::make_shared<State>(executor, std::move(events))) {
  if (state_->events.beat) spawn(executor, State::beat(state_));
}

Renewal::~Renewal() {
  stop();
}

void Renewal::add(std::shared_ptr<Lock> lock) {
  spawn(state_->executor, State::renew(state_, std::move(lock)));
}

void Renewal::stop() {
  if (std::exchange(state_->stopped, true)) return;
  for (const auto& timer : state_->timers) timer->cancel();
}

}  // namespace meshdrill::drill
