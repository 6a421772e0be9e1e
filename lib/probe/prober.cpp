#include "probe/prober.hpp"

#include "probe/ask/exchange.hpp"
#include "probe/plan.hpp"
#include "probe/session.hpp"

#include <csignal>
#include <exception>
#include <future>
#include <mutex>
#include <sys/resource.h>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

namespace meshdrill::probe {
namespace {

// A target that hangs leaves thousands of sockets open, and the usual limit is 1,024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// OpenSSL writes to sockets in a way that raises the signal when the peer is gone; it reports the error too.
void block_broken_pipe_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// A context that can destroy what still waits in it while the objects that it refers to are there.
class Context : public asio::io_context {
 public:
  Context() : io_context(1) {}
  using execution_context::shutdown;
};

}  // namespace

Result<> check(const ProbeConfig& config) {
  const auto plan = make_plan(config);
  if (!plan) return tl::unexpected(plan.error());
  return Exchanger::check(plan->target, config);
}

class Prober::Impl {
 public:
  Impl(ProbeConfig config, Sink sink) : config_(std::move(config)), sink_(std::move(sink)) {}

  Result<Run> start();
  Result<> stop(bool at_once);
  void end(bool at_once);

 private:
  void run(const Plan& plan, const Session::Started& started);

  const ProbeConfig config_;
  const Sink sink_;
  std::thread thread_;
  std::string broken_;  // written by the thread, read after the join

  // The session while it runs; the thread takes it away when it ends.
  std::mutex mutex_;
  asio::io_context* context_ = nullptr;
  Session* session_ = nullptr;
};

Result<Run> Prober::Impl::start() {
  auto plan = make_plan(config_);
  if (!plan) return tl::unexpected(plan.error());
  raise_descriptor_limit();
  // Shared, since the thread keeps it after this has returned; only its first call counts.
  auto promise = std::make_shared<std::promise<Result<Run>>>();
  auto future = promise->get_future();
  auto answered = std::make_shared<bool>(false);
  const Session::Started started = [promise, answered](Result<Run> result) {
    if (!std::exchange(*answered, true)) promise->set_value(std::move(result));
  };
  thread_ = std::thread{[this, plan = std::move(*plan), started] { run(plan, started); }};
  Result<Run> result = future.get();
  if (!result) thread_.join();
  return result;
}

void Prober::Impl::run(const Plan& plan, const Session::Started& started) {
  block_broken_pipe_signal();
  Context context;
  Session session{context, config_, sink_, started};
  const auto publish = [this](asio::io_context* io, Session* running) {
    const std::lock_guard lock{mutex_};
    context_ = io;
    session_ = running;
  };
  publish(&context, &session);
  try {
    session.run(plan);
  } catch (const std::exception& error) {
    broken_ = error.what();
    started(fail("the prober broke down: " + broken_));
    publish(nullptr, nullptr);
    session.drop();
    context.shutdown();
  }
  publish(nullptr, nullptr);
}

void Prober::Impl::end(bool at_once) {
  const std::lock_guard lock{mutex_};
  if (context_ == nullptr) return;
  asio::post(*context_, [session = session_, at_once] { session->end(at_once); });
}

Result<> Prober::Impl::stop(bool at_once) {
  if (!thread_.joinable()) return {};
  end(at_once);
  thread_.join();
  if (!broken_.empty()) return fail("the prober broke down: " + broken_);
  return {};
}

Prober::Prober(ProbeConfig config, Sink sink)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(sink))) {}
Prober::~Prober() {
  (void)impl_->stop(true);
}
Result<Run> Prober::start() {
  return impl_->start();
}
Result<> Prober::stop() {
  return impl_->stop(false);
}
Result<> Prober::abandon() {
  return impl_->stop(true);
}
void Prober::cut_short() {
  impl_->end(true);
}

}  // namespace meshdrill::probe
