#include "probe/dns/name_watch.hpp"

#include "probe/dns/vantage.hpp"
#include "probe/stream_runner.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <boost/asio/co_spawn.hpp>

namespace meshdrill::probe {
namespace {

constexpr Duration watch_period = std::chrono::seconds{5};

bool follows(const Stream& stream, const Vantage& vantage, Family family) {
  return stream.vantage == vantage.name && (stream.kind == StreamKind::browser || stream.family == family);
}

}  // namespace

Task<Result<>> NameWatch::open(const Plan& plan) {
  std::vector<Vantage> vantages = plan.vantages;
  if (auto filled = fill_in(vantages); !filled) co_return filled;
  for (Vantage& vantage : vantages) {
    if (auto added = add(std::move(vantage)); !added) co_return added;
  }
  if (config_.authority && !resolvers_.empty()) {
    std::string host = plan.target.host;
    Result<Vantage> found =
        co_await find_authority(resolvers_.front(), std::move(host), config_.authority_port);
    if (!found) co_return tl::unexpected(found.error());
    co_return add(std::move(*found));
  }
  co_return Result<>{};
}

Result<> NameWatch::add(Vantage vantage) {
  const Duration timeout = std::min(config_.timeouts.dns, config_.timeouts.total);
  auto resolver = Resolver::make(context_, std::move(vantage), timeout);
  if (!resolver) return tl::unexpected(resolver.error());
  resolvers_.push_back(std::move(*resolver));
  return {};
}

Task<std::vector<DnsAnswer>> NameWatch::ask_all(Clock::time_point epoch) {
  std::vector<DnsAnswer> answers;
  for (Resolver& resolver : resolvers_) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const auto asked = Clock::now();
      DnsAnswer answer = co_await resolver.resolve(family);
      answer.asked = std::chrono::duration_cast<Offset>(asked - epoch);
      answers.push_back(std::move(answer));
    }
  }
  co_return answers;
}

std::vector<Vantage> NameWatch::vantages() const {
  std::vector<Vantage> result;
  for (const Resolver& resolver : resolvers_) result.push_back(resolver.vantage());
  return result;
}

Resolver* NameWatch::resolver_of(const Stream& stream) {
  const auto found = std::find_if(resolvers_.begin(), resolvers_.end(), [&](const Resolver& resolver) {
    return resolver.vantage().name == stream.vantage;
  });
  return found == resolvers_.end() ? nullptr : &*found;
}

void NameWatch::start(const std::vector<Stream>& streams, Clock::time_point epoch,
                      std::function<void(DnsAnswer)> on_answer) {
  epoch_ = epoch;
  on_answer_ = std::move(on_answer);
  for (Resolver& resolver : resolvers_) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const bool followed = std::any_of(streams.begin(), streams.end(), [&](const Stream& stream) {
        return follows(stream, resolver.vantage(), family);
      });
      if (followed) continue;
      timers_.push_back(std::make_shared<Timer>(context_));
      asio::co_spawn(context_, watch(resolver, family, timers_.back()), rethrow);
    }
  }
}

Task<> NameWatch::watch(Resolver& resolver, Family family, std::shared_ptr<Timer> timer) {
  while (!stopped_) {
    timer->expires_after(watch_period);
    co_await timer->async_wait(try_await);
    if (stopped_) break;
    const auto asked = Clock::now();
    DnsAnswer answer = co_await resolver.resolve(family);
    answer.asked = std::chrono::duration_cast<Offset>(asked - epoch_);
    if (!stopped_) on_answer_(std::move(answer));
  }
}

void NameWatch::stop() {
  stopped_ = true;
  for (const auto& timer : timers_) timer->cancel();
}

void NameWatch::cancel() {
  stop();
  for (Resolver& resolver : resolvers_) resolver.cancel();
}

void NameWatch::pin(const std::vector<IpAddress>& pinned) {
  set_ = DnsSet{std::set<IpAddress>(pinned.begin(), pinned.end())};
}

std::vector<DnsFinding> NameWatch::judge(const std::vector<DnsAnswer>& answers) {
  std::vector<DnsFinding> findings;
  for (const DnsAnswer& answer : answers) {
    for (DnsFinding& finding : set_.add(answer)) findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<IpAddress> addresses_of(const std::vector<DnsAnswer>& answers) {
  std::vector<IpAddress> addresses;
  for (const DnsAnswer& answer : answers) {
    for (const AddressRecord& record : answer.records) {
      const bool seen = std::find(addresses.begin(), addresses.end(), record.address) != addresses.end();
      if (!seen) addresses.push_back(record.address);
    }
  }
  return addresses;
}

}  // namespace meshdrill::probe
