#include "probe/prober.hpp"

#include "probe/exchange.hpp"
#include "probe/plan.hpp"
#include "probe/resolver.hpp"
#include "probe/schedule.hpp"
#include "probe/stream_runner.hpp"

#include <algorithm>
#include <exception>
#include <future>
#include <mutex>
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

}  // namespace

Result<> check(const ProbeConfig& config) {
  const auto plan = make_plan(config);
  if (!plan) return tl::unexpected(plan.error());
  return {};
}

// Everything that lives on the prober's thread, from the first lookup to the last batch.
class Session {
 public:
  using Started = std::function<void(Result<Run>)>;

  Session(asio::io_context& context, const ProbeConfig& config, const Prober::Sink& sink, Started started)
      : context_(context), config_(config), sink_(sink), started_(std::move(started)), beat_timer_(context) {}

  void start(const Plan& plan) { asio::co_spawn(context_, prepare(plan), rethrow); }
  void end(bool at_once);

 private:
  Task<> prepare(Plan plan);
  Task<> look_up(const std::string& host, std::vector<IpAddress>& addresses);
  void begin(const Plan& plan, const std::vector<IpAddress>& addresses);
  Task<> keep_beating();
  void deliver_when_settled();
  void deliver(Offset upto);
  [[nodiscard]] Offset now() const { return std::chrono::duration_cast<Offset>(Clock::now() - run_.epoch); }

  asio::io_context& context_;
  const ProbeConfig& config_;
  const Prober::Sink& sink_;
  Started started_;
  Timer beat_timer_;
  Run run_;
  std::optional<Resolver> resolver_;
  std::unique_ptr<Exchanger> exchanger_;
  std::optional<RunServices> services_;
  std::vector<std::unique_ptr<StreamRunner>> runners_;
  Batch batch_;
  bool ending_ = false;
  bool over_ = false;
};

Task<> Session::prepare(Plan plan) {
  run_.epoch = config_.epoch.value_or(Clock::now());
  auto resolver =
      Resolver::make(context_, plan.dns_servers, std::min(config_.timeouts.dns, config_.timeouts.total));
  auto exchanger = Exchanger::make(context_, plan.target, config_, plan.identifier);
  if (!resolver || !exchanger) {
    started_(tl::unexpected(resolver ? exchanger.error() : resolver.error()));
    co_return;
  }
  resolver_.emplace(std::move(*resolver));
  exchanger_ = std::move(*exchanger);
  std::vector<IpAddress> addresses = config_.addresses;
  if (addresses.empty() && plan.target.literal) addresses.push_back(*plan.target.literal);
  if (addresses.empty()) {
    const std::string host = plan.target.host;
    co_await look_up(host, addresses);
  }
  if (addresses.empty()) {
    started_(no_address(run_.answers));
  } else {
    begin(plan, addresses);
  }
}

Task<> Session::look_up(const std::string& host, std::vector<IpAddress>& addresses) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const Offset asked = now();
    DnsAnswer answer = co_await resolver_->resolve(host, family);
    answer.asked = asked;
    for (const AddressRecord& record : answer.records) {
      const bool seen = std::find(addresses.begin(), addresses.end(), record.address) != addresses.end();
      if (!seen) addresses.push_back(record.address);
    }
    run_.answers.push_back(std::move(answer));
  }
}

void Session::begin(const Plan& plan, const std::vector<IpAddress>& addresses) {
  run_.streams = streams_for(config_, plan.target, addresses);
  services_.emplace(RunServices{context_, *resolver_, *exchanger_, plan.target.host, run_.epoch, batch_,
                                [this] { deliver_when_settled(); }});
  const Duration first = Clock::now() + lead - run_.epoch;
  for (const Stream& stream : run_.streams) {
    const auto number = static_cast<std::size_t>(stream.id);
    const Duration phase = first + staggered_phase(config_.rate, number, run_.streams.size());
    const Schedule schedule{config_.rate, phase, config_.jitter, number};
    runners_.push_back(std::make_unique<StreamRunner>(*services_, stream, schedule, plan.max_in_flight));
    runners_.back()->start();
  }
  asio::co_spawn(context_, keep_beating(), rethrow);
  started_(run_);
}

Task<> Session::keep_beating() {
  auto due = Clock::now();
  for (int count = 1; !over_; ++count) {
    due += beat;
    beat_timer_.expires_at(due);
    co_await beat_timer_.async_wait(try_await);
    if (over_) break;
    const auto woken = Clock::now();
    if (woken - due > config_.stall_after) {
      const Offset from = std::chrono::duration_cast<Offset>(due - run_.epoch);
      batch_.stalls.push_back({from, now()});
    }
    due = std::max(due, woken - beat);
    if (count % beats_a_batch != 0) continue;
    Offset upto = now();
    for (const auto& runner : runners_) upto = std::min(upto, runner->complete_upto());
    deliver(upto);
  }
}

void Session::deliver(Offset upto) {
  batch_.upto = std::max(batch_.upto, upto);
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
}

void Session::end(bool at_once) {
  ending_ = true;
  for (const auto& runner : runners_) at_once ? runner->abandon() : runner->stop();
  if (at_once) {
    exchanger_->abandon();
    resolver_->cancel();
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
  asio::io_context context{1};
  Session session{context, config_, sink_, started};
  const auto publish = [this](asio::io_context* io, Session* running) {
    const std::lock_guard lock{mutex_};
    context_ = io;
    session_ = running;
  };
  publish(&context, &session);
  try {
    session.start(plan);
    context.run();
  } catch (const std::exception& error) {
    broken_ = error.what();
    started(fail("the prober broke down: " + broken_));
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
