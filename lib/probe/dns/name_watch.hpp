// What a run asks of DNS besides its streams: who there is to ask, the addresses at the start, and now and
// then a name that no stream follows; and what all the answers together show.
#pragma once

#include "base/async.hpp"
#include "probe/dns/dns_set.hpp"
#include "probe/dns/resolver.hpp"
#include "probe/plan.hpp"
#include "probe/prober.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace meshdrill::probe {

class NameWatch {
 public:
  NameWatch(asio::io_context& context, const ProbeConfig& config) : context_(context), config_(config) {}

  // Makes a resolver for each vantage, having found the authority if it is wanted.
  Task<Result<>> open(const Plan& plan);

  // One answer for each vantage and family.
  Task<std::vector<DnsAnswer>> ask_all(Clock::time_point epoch);

  [[nodiscard]] std::vector<Vantage> vantages() const;
  // Of the stream's vantage; none when it is pinned.
  [[nodiscard]] Resolver* resolver_of(const Stream& stream);

  // Looks up, every 5 s, what none of `streams` does, to tell when it changes.
  void start(const std::vector<Stream>& streams, Clock::time_point epoch,
             std::function<void(DnsAnswer)> on_answer);
  void stop();    // those lookups
  void cancel();  // and every other one under way

  // What these answers show, in their order, after all before them; `pinned` have been told before the first.
  void pin(const std::vector<IpAddress>& pinned);
  std::vector<DnsFinding> judge(const std::vector<DnsAnswer>& answers);

 private:
  Result<> add(Vantage vantage);
  Task<> watch(Resolver& resolver, Family family, std::shared_ptr<Timer> timer);

  asio::io_context& context_;
  const ProbeConfig& config_;
  std::deque<Resolver> resolvers_;
  DnsSet set_{std::nullopt};
  Clock::time_point epoch_;
  std::function<void(DnsAnswer)> on_answer_;
  std::vector<std::shared_ptr<Timer>> timers_;
  bool stopped_ = false;
};

// The addresses of the answers, each once, in their order.
std::vector<IpAddress> addresses_of(const std::vector<DnsAnswer>& answers);

}  // namespace meshdrill::probe
