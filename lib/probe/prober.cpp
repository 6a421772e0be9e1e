#include "probe/prober.hpp"

#include "probe/dns_set.hpp"
#include "probe/exchange.hpp"
#include "probe/plan.hpp"
#include "probe/poller.hpp"
#include "probe/resolver.hpp"
#include "probe/schedule.hpp"
#include "probe/stream_runner.hpp"
#include "probe/vantage.hpp"

#include <algorithm>
#include <csignal>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <set>
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
constexpr Duration watch_period = std::chrono::seconds{5};  // between lookups of a name that nobody follows
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
        poller_(context) {}

  // Runs until everything is delivered.
  void run(const Plan& plan);
  // Forgets what it waited for, after an exception left run().
  void drop() { poller_.drop(); }
  void end(bool at_once);

 private:
  Task<> prepare(Plan plan);
  Task<Result<>> make_resolvers(const Plan& plan);
  Result<> add_resolver(Vantage vantage);
  Task<> look_up(std::vector<IpAddress>& addresses);
  Task<> watch(Resolver& resolver, Family family);
  void watch_names();
  void check_stall();
  void mark_stalled();
  void begin(const std::vector<IpAddress>& addresses);
  Task<> keep_beating();
  void deliver_when_settled();
  void deliver_complete();
  void deliver(Offset upto);
  [[nodiscard]] Offset now() const { return std::chrono::duration_cast<Offset>(Clock::now() - run_.epoch); }

  asio::io_context& context_;
  const ProbeConfig& config_;
  const Prober::Sink& sink_;
  Started started_;
  Timer beat_timer_;
  Poller poller_;
  Run run_;
  std::deque<Resolver> resolvers_;  // of run_.vantages
  DnsSet dns_set_{std::nullopt};
  std::vector<std::shared_ptr<Timer>> watch_timers_;
  std::unique_ptr<Exchanger> exchanger_;
  std::optional<RunServices> services_;
  std::vector<std::unique_ptr<StreamRunner>> runners_;
  Batch batch_;
  Clock::time_point due_;             // the next beat
  std::vector<Stall> recent_stalls_;  // of whose samples some are in flight
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
  const Result<> made = co_await make_resolvers(plan);
  if (!made) {
    started_(tl::unexpected(made.error()));
    co_return;
  }
  std::vector<IpAddress> addresses = config_.addresses;
  if (addresses.empty() && plan.target.literal) addresses.push_back(*plan.target.literal);
  co_await look_up(addresses);
  if (addresses.empty()) {
    started_(no_address(run_.answers));
  } else {
    begin(addresses);
  }
}

Task<Result<>> Session::make_resolvers(const Plan& plan) {
  std::vector<Vantage> vantages = plan.vantages;
  if (auto filled = fill_in(vantages); !filled) co_return filled;
  for (Vantage& vantage : vantages) {
    if (auto added = add_resolver(std::move(vantage)); !added) co_return added;
  }
  if (config_.authority && !resolvers_.empty()) {
    std::string host = plan.target.host;
    Result<Vantage> found =
        co_await find_authority(resolvers_.front(), std::move(host), config_.authority_port);
    if (!found) co_return tl::unexpected(found.error());
    co_return add_resolver(std::move(*found));
  }
  co_return Result<>{};
}

Result<> Session::add_resolver(Vantage vantage) {
  run_.vantages.push_back(vantage);
  const Duration timeout = std::min(config_.timeouts.dns, config_.timeouts.total);
  auto resolver = Resolver::make(context_, std::move(vantage), timeout);
  if (!resolver) return tl::unexpected(resolver.error());
  resolvers_.push_back(std::move(*resolver));
  return {};
}

// Asks every vantage. The addresses are those of all of them, unless they are given.
Task<> Session::look_up(std::vector<IpAddress>& addresses) {
  const bool given = !addresses.empty();
  for (Resolver& resolver : resolvers_) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const Offset asked = now();
      DnsAnswer answer = co_await resolver.resolve(family);
      answer.asked = asked;
      for (const AddressRecord& record : answer.records) {
        const bool seen = std::find(addresses.begin(), addresses.end(), record.address) != addresses.end();
        if (!given && !seen) addresses.push_back(record.address);
      }
      run_.answers.push_back(std::move(answer));
    }
  }
}

void Session::begin(const std::vector<IpAddress>& addresses) {
  run_.streams = streams_for(config_, run_.vantages, addresses);
  std::optional<std::set<IpAddress>> pinned;
  if (config_.pinned) pinned.emplace(addresses.begin(), addresses.end());
  dns_set_ = DnsSet{std::move(pinned)};
  for (const DnsAnswer& answer : run_.answers) {
    for (DnsFinding& finding : dns_set_.add(answer)) run_.findings.push_back(std::move(finding));
  }
  services_.emplace(RunServices{context_, *exchanger_, run_.epoch, config_.follow, config_.race,
                                config_.timeouts.total, batch_, [this] { deliver_when_settled(); },
                                [this] { deliver_complete(); }});
  const Duration first = Clock::now() + lead - run_.epoch;
  for (const Stream& stream : run_.streams) {
    const auto number = static_cast<std::size_t>(stream.id);
    const auto resolver = std::find_if(resolvers_.begin(), resolvers_.end(), [&](const Resolver& of) {
      return of.vantage().name == stream.vantage;
    });
    const Schedule schedule = schedule_for(config_, stream.kind, first, number, run_.streams.size());
    runners_.push_back(std::make_unique<StreamRunner>(
        *services_, stream, resolver == resolvers_.end() ? nullptr : &*resolver, schedule,
        StreamLimits{in_flight_limit(config_, rate_of(config_, stream.kind)), config_.closed_loop,
                     config_.requests}));
    runners_.back()->start();
  }
  watch_names();
  asio::co_spawn(context_, keep_beating(), rethrow);
  started_(run_);
}

// Where no stream follows the name, it is looked up now and then all the same, to tell when the addresses
// change.
void Session::watch_names() {
  for (Resolver& resolver : resolvers_) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const bool followed = std::any_of(run_.streams.begin(), run_.streams.end(), [&](const Stream& stream) {
        return stream.vantage == resolver.vantage().name &&
               (stream.kind == StreamKind::browser || stream.family == family);
      });
      if (!followed) asio::co_spawn(context_, watch(resolver, family), rethrow);
    }
  }
}

Task<> Session::watch(Resolver& resolver, Family family) {
  auto timer = std::make_shared<Timer>(context_);
  watch_timers_.push_back(timer);
  while (!ending_) {
    timer->expires_after(watch_period);
    co_await timer->async_wait(try_await);
    if (ending_) break;
    const Offset asked = now();
    DnsAnswer answer = co_await resolver.resolve(family);
    answer.asked = asked;
    if (!over_) batch_.answers.push_back(std::move(answer));
  }
}

Task<> Session::keep_beating() {
  due_ = Clock::now();
  for (int count = 1; !over_; ++count) {
    due_ += beat;
    beat_timer_.expires_at(due_);
    co_await beat_timer_.async_wait(try_await);
    if (over_) break;
    check_stall();
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
  const auto woken = Clock::now();
  if (woken - due_ > config_.stall_after) {
    batch_.stalls.push_back({std::chrono::duration_cast<Offset>(due_ - run_.epoch), now()});
    recent_stalls_.push_back(batch_.stalls.back());
  }
  due_ = std::max(due_, woken - beat);
}

// Those in flight during a stall, in this batch and those to come.
void Session::mark_stalled() {
  if (recent_stalls_.empty()) return;
  for (Sample& sample : batch_.samples) {
    sample.stalled =
        sample.stalled || std::any_of(recent_stalls_.begin(), recent_stalls_.end(), [&](const Stall& stall) {
          return sample.planned < stall.end && sample.finished > stall.start;
        });
  }
  std::erase_if(recent_stalls_, [this](const Stall& stall) { return stall.end <= batch_.upto; });
}

void Session::deliver(Offset upto) {
  check_stall();
  batch_.upto = std::max(batch_.upto, upto);
  mark_stalled();
  for (const DnsAnswer& answer : batch_.answers) {
    for (DnsFinding& finding : dns_set_.add(answer)) batch_.findings.push_back(std::move(finding));
  }
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
  for (Resolver& resolver : resolvers_) resolver.cancel();  // lookups that nobody waits for any more
  poller_.finish();
}

void Session::end(bool at_once) {
  ending_ = true;
  for (const auto& timer : watch_timers_) timer->cancel();
  for (const auto& runner : runners_) at_once ? runner->abandon() : runner->stop();
  if (at_once) {
    exchanger_->abandon();
    for (Resolver& resolver : resolvers_) resolver.cancel();
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
