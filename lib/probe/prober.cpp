#include "probe/prober.hpp"

#include "probe/ask/exchange.hpp"
#include "probe/ask/poller.hpp"
#include "probe/dns/name_watch.hpp"
#include "probe/plan.hpp"
#include "probe/schedule.hpp"
#include "probe/stalls.hpp"
#include "probe/stream_runner.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <future>
#include <mutex>
#include <sys/resource.h>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

constexpr Duration beat =
    std::chrono::milliseconds{20};  // how often the prober looks whether it still runs on time
constexpr int beats_a_batch = 5;    // hence a batch every 100 ms
constexpr Duration lead =
    std::chrono::milliseconds{2};  // from the end of the lookups to the first planned request

// What the user has to know is why; where the families failed differently, IPv4's reason, unless it is just
// empty.
tl::unexpected<Error> no_address(const std::vector<DnsAnswer>& answers) {
  const DnsAnswer& answer = answers.front().result == DnsResult::empty ? answers.back() : answers.front();
  return fail(fmt::format("{}: {} (asked {} for A and AAAA; /etc/hosts is not read)", answer.name,
                          describe(outcome_of(answer.result)), answer.server));
}

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

// Everything that lives on the prober's thread, from the first lookup to the last batch.
class Session {
 public:
  using Started = std::function<void(Result<Run>)>;

  Session(asio::io_context& context, const ProbeConfig& config, const Prober::Sink& sink, Started started)
      : context_(context),
        config_(config),
        sink_(sink),
        started_(std::move(started)),
        beat_timer_(context),
        poller_(context),
        names_(context, config),
        stalls_(config.stall_after) {}

  // Runs until everything is delivered.
  void run(const Plan& plan);
  // Forgets what it waited for, after an exception left run().
  void drop() { poller_.drop(); }
  void end(bool at_once);

 private:
  Task<> prepare(Plan plan);
  void begin(const std::vector<IpAddress>& addresses);
  Task<> keep_beating();
  void deliver_when_settled();
  void deliver_complete();
  void deliver(Offset upto);
  void check_stall();
  [[nodiscard]] Offset now() const { return std::chrono::duration_cast<Offset>(Clock::now() - run_.epoch); }

  asio::io_context& context_;
  const ProbeConfig& config_;
  const Prober::Sink& sink_;
  Started started_;
  Timer beat_timer_;
  Poller poller_;
  Run run_;
  NameWatch names_;
  Stalls stalls_;
  std::unique_ptr<Exchanger> exchanger_;
  std::optional<RunServices> services_;
  std::vector<std::unique_ptr<StreamRunner>> runners_;
  Batch batch_;
  Clock::time_point due_;  // the next beat
  bool ending_ = false;
  bool over_ = false;
};

void Session::run(const Plan& plan) {
  asio::co_spawn(context_, prepare(plan), rethrow);
  if (config_.closed_loop == 0) {
    context_.run();
    return;
  }
  // The sockets come first; the context, which has timers and lookups, has its turn every millisecond.
  poller_.drive();
  for (auto due = Clock::now(); !context_.stopped();) {
    poller_.turn(1);
    if (const auto now = Clock::now(); now >= due) {
      context_.poll();
      due = now + std::chrono::milliseconds{1};
    }
  }
}

Task<> Session::prepare(Plan plan) {
  run_.epoch = config_.epoch.value_or(Clock::now());
  auto exchanger = Exchanger::make(poller_, plan.target, config_, plan.identifier);
  if (!exchanger) {
    started_(tl::unexpected(exchanger.error()));
    co_return;
  }
  exchanger_ = std::move(*exchanger);
  const Result<> opened = co_await names_.open(plan);
  if (!opened) {
    started_(tl::unexpected(opened.error()));
    co_return;
  }
  run_.vantages = names_.vantages();
  run_.answers = co_await names_.ask_all(run_.epoch);
  std::vector<IpAddress> addresses = config_.addresses;
  if (addresses.empty() && plan.target.literal) addresses.push_back(*plan.target.literal);
  if (addresses.empty()) addresses = addresses_of(run_.answers);
  if (addresses.empty()) {
    started_(no_address(run_.answers));
  } else {
    begin(addresses);
  }
}

void Session::begin(const std::vector<IpAddress>& addresses) {
  run_.streams = streams_for(config_, run_.vantages, addresses);
  if (config_.pinned) names_.pin(addresses);
  run_.findings = names_.judge(run_.answers);
  services_.emplace(RunServices{context_, *exchanger_, run_.epoch, config_.follow, config_.race,
                                config_.timeouts.total, batch_, [this] { deliver_when_settled(); },
                                [this] { deliver_complete(); }});
  const Duration first = Clock::now() + lead - run_.epoch;
  for (const Stream& stream : run_.streams) {
    const auto number = static_cast<std::size_t>(stream.id);
    const Schedule schedule = schedule_for(config_, stream.kind, first, number, run_.streams.size());
    runners_.push_back(
        std::make_unique<StreamRunner>(*services_, stream, names_.resolver_of(stream), schedule,
                                       StreamLimits{in_flight_limit(config_, rate_of(config_, stream.kind)),
                                                    config_.closed_loop, config_.requests}));
    runners_.back()->start();
  }
  names_.start(run_.streams, run_.epoch,
               [this](DnsAnswer answer) { batch_.answers.push_back(std::move(answer)); });
  asio::co_spawn(context_, keep_beating(), rethrow);
  started_(run_);
}

Task<> Session::keep_beating() {
  due_ = Clock::now();
  for (int count = 1; !over_; ++count) {
    due_ += beat;
    beat_timer_.expires_at(due_);
    co_await beat_timer_.async_wait(try_await);
    if (over_) break;
    check_stall();
    due_ = std::max(due_, Clock::now() - beat);
    if (count % beats_a_batch == 0) deliver_complete();
  }
}

void Session::deliver_complete() {
  Offset upto = now();
  for (const auto& runner : runners_) upto = std::min(upto, runner->complete_upto());
  deliver(upto);
}

// The beat should have come at due_.
void Session::check_stall() {
  const auto stall = stalls_.beat(std::chrono::duration_cast<Offset>(due_ - run_.epoch), now());
  if (stall) batch_.stalls.push_back(*stall);
}

void Session::deliver(Offset upto) {
  batch_.upto = std::max(batch_.upto, upto);
  check_stall();
  stalls_.mark(batch_.samples, batch_.upto);
  batch_.findings = names_.judge(batch_.answers);
  Batch batch;
  batch.upto = batch_.upto;
  std::swap(batch, batch_);
  batch_.upto = batch.upto;
  sink_(std::move(batch));
}

void Session::deliver_when_settled() {
  const bool settled =
      std::all_of(runners_.begin(), runners_.end(), [](const auto& runner) { return runner->settled(); });
  if (over_ || !ending_ || !settled) return;
  over_ = true;
  deliver(now() + Offset{1});
  beat_timer_.cancel();
  names_.cancel();  // what nobody waits for any more
  poller_.finish();
}

void Session::end(bool at_once) {
  ending_ = true;
  names_.stop();
  for (const auto& runner : runners_) at_once ? runner->abandon() : runner->stop();
  if (at_once) {
    exchanger_->abandon();
    names_.cancel();
  }
  deliver_when_settled();
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
