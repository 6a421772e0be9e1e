#include "drill/run/run.hpp"

#include "drill/verdict/verdict.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using namespace std::chrono_literals;
using probe::Offset;

constexpr Duration tick = 20ms;
// For what must come in after a phase's end before it can be judged: requests still in flight, and the
// history's own delay.
constexpr Duration longest_settling = 6s;

// Unique enough for one mesh: the second, and the process on this host.
std::string make_run_id(const std::string& drill) {
  const auto seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{}-{:%Y%m%dT%H%M%SZ}-{}", drill, fmt::gmtime(seconds), ::getpid());
}

}  // namespace

DrillRun::DrillRun(asio::io_context& io, RunOptions options, std::vector<Cluster> clusters, Journal journal)
    : io_(io),
      options_(std::move(options)),
      clusters_(std::move(clusters)),
      recorder_(std::move(journal), std::chrono::steady_clock::now(), options_.watch),
      run_(make_run_id(options_.scenario.name)),
      wait_timer_(io.get_executor()),
      signals_(io.get_executor(), SIGINT, SIGTERM, SIGHUP),
      observer_(io.get_executor(), clusters_, observer_events()) {
  const std::string who = fmt::format("{} of {}", options_.scenario.name, host_name());
  for (const Cluster& cluster : clusters_)
    locks_.emplace(cluster.name, std::make_shared<Lock>(*cluster.client, run_, who));
}

History DrillRun::run() {
  listen_for_signals();
  asio::co_spawn(io_, main(), [this](std::exception_ptr error) { main_error_ = std::move(error); });
  // What goes wrong beside main() ends the drill, and not the restore.
  for (bool ended = false; !ended;) {
    try {
      io_.run();
      ended = true;
    } catch (const std::exception& error) {
      stop(Abort::Kind::failed, fmt::format("internal error: {}", error.what()));
    }
  }
  if (main_error_) std::rethrow_exception(main_error_);
  return recorder_.history();
}

const Cluster& DrillRun::target() const {
  return *std::find_if(clusters_.begin(), clusters_.end(),
                       [&](const Cluster& c) { return c.name == scenario().target.cluster; });
}

// Everything that can go wrong happens inside measure(); whatever it was, finish() runs after it.
Task<> DrillRun::main() {
  note_start();
  co_await guarded(measure());
  co_await finish();
}

Task<> DrillRun::guarded(Task<> task) {
  try {
    co_await std::move(task);
  } catch (const std::exception& error) {
    stop(Abort::Kind::failed, fmt::format("internal error: {}", error.what()));
  }
}

Task<> DrillRun::measure() {
  co_await prepare();
  if (stopped_) co_return;
  co_await baseline();
  if (stopped_ || scenario().fault.kind == Fault::Kind::none) co_return;
  co_await fault();
  if (stopped_) co_return;
  const std::function<bool()> silent = [this] { return target_is_silent(); };
  co_await wait_until(scenario().phases.fail, silent);
  if (stopped_) co_return;
  begin(Phase::hold);
  co_await wait_for(scenario().phases.hold);
}

Task<> DrillRun::baseline() {
  begin(Phase::baseline);
  co_await wait_for(scenario().phases.baseline);
  const Offset end = recorder_.now();
  const std::function<bool()> judged = [this, end] { return judged_upto_ >= end; };
  co_await wait_until(longest_settling, judged);
  // Without a fault there is nothing to refuse: the verdict says what did not hold.
  if (stopped_ || scenario().fault.kind == Fault::Kind::none) co_return;
  const std::vector<Check> checks = check_phase(history(), Phase::baseline);
  const Check* check = deciding_check(checks);
  if (check == nullptr) co_return;
  stop(Abort::Kind::refused,
       fmt::format("the steady state is not steady: baseline, {}: {}", check->name, check->sentence));
}

void DrillRun::begin(Phase phase) {
  recorder_.note("phase", {{"phase", to_string(phase)}});
}

void DrillRun::stop(Abort::Kind kind, std::string message, int signal) {
  if (stopped_ || finished_) return;
  stopped_ = true;
  boost::json::object fields{{"kind", to_string(kind)}, {"message", std::move(message)}};
  if (signal != 0) fields["signal"] = signal;
  recorder_.note("abort", std::move(fields));
  wait_timer_.cancel();
}

void DrillRun::listen_for_signals() {
  signals_.async_wait([this](const error_code& error, int signal) {
    if (error) return;
    const char* name = signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP";
    const bool first = !stopped_;
    if (first) {
      stop(Abort::Kind::interrupted, fmt::format("interrupted by {}", name), signal);
    } else {
      note_warning(fmt::format("{} again: still restoring, please wait", name));
    }
    listen_for_signals();
  });
}

Task<> DrillRun::pause(Duration duration) {
  wait_timer_.expires_after(duration);
  co_await wait_timer_.async_wait(try_await);
}

Task<> DrillRun::wait_for(Duration length) {
  const std::function<bool()> never = [] { return false; };
  co_await wait_until(length, never);
}

Task<> DrillRun::wait_until(Duration limit, std::function<bool()> done) {
  const Clock::time_point end = Clock::now() + limit;
  while (!stopped_ && Clock::now() < end && !done()) {
    co_await pause(std::min<Duration>(tick, end - Clock::now()));
  }
}

}  // namespace meshdrill::drill
