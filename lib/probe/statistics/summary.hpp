// What a run amounts to, gathered batch by batch in memory that does not grow with its length: tallies,
// outages, lookups, and how well the prober itself kept time.
#pragma once

#include "probe/prober.hpp"
#include "probe/sample.hpp"
#include "probe/statistics/histogram.hpp"
#include "probe/statistics/in_order.hpp"
#include "probe/statistics/outage.hpp"
#include "probe/statistics/status_counts.hpp"
#include "probe/statistics/tally.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::probe {

struct StreamSummary {
  Stream stream;
  std::array<std::uint64_t, outcome_count> outcomes{};  // every planned request is in exactly one
  StatusCounts statuses;                                // of those that ended in http_status
  PhaseTimes times;
  std::vector<Outage> outages;        // oldest first
  std::uint64_t outages_dropped = 0;  // not in it, since there were so many longer ones
  std::uint64_t syn_retransmits = 0;  // requests that were connected only after a SYN of theirs was repeated
  std::uint64_t stalled = 0;          // requests in flight while the prober itself was held up
  std::uint64_t rescued = 0;          // browser: requests that racing saved from a bad first address
  std::chrono::microseconds
      longest_gap{};  // without a request that tells something: what an outage can hide in

  [[nodiscard]] std::uint64_t planned() const;
  [[nodiscard]] std::uint64_t count(Outcome outcome) const {
    return outcomes[static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] std::uint64_t evidence() const;
  // What an error budget is charged with: the part (0 to 1) of the requests that say something which failed.
  [[nodiscard]] double failed_share() const;
  [[nodiscard]] const Histogram& latency() const { return times.of(PhaseName::total); }
};

struct LookupKey {
  std::string vantage;  // Vantage::name
  Family family = Family::ipv4;

  auto operator<=>(const LookupKey&) const = default;
};

// The lookups of one record type from one vantage.
struct LookupSummary {
  std::map<DnsResult, std::uint64_t> results;
  std::map<IpAddress, std::uint64_t> first;  // how often each address came first: what the DNS balancer did
  std::uint64_t over_tcp = 0;                // answers that did not fit into a datagram
  Histogram took;
  DnsAnswer last;  // the latest answer
};

// The times when the prober itself was held up.
struct StallSummary {
  std::uint64_t count = 0;
  std::chrono::microseconds total{};
  std::chrono::microseconds longest{};
  std::vector<Stall> latest;  // at most Summary::kept, oldest first
};

class Summary {
 public:
  // How many single events (stalls, DNS findings) are kept; all are counted.
  static constexpr std::size_t kept = 1000;

  explicit Summary(const std::vector<Stream>& streams, const OutageRules& rules = {});
  // With what was learnt at the start of the run.
  explicit Summary(const Run& run, const OutageRules& rules = {});

  void add(const DnsAnswer& answer);
  void add(const Batch& batch);

  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] std::vector<StreamSummary> streams() const;  // as given, with the outages found so far
  [[nodiscard]] const std::map<LookupKey, LookupSummary>& lookups() const { return lookups_; }
  [[nodiscard]] const StallSummary& stalls() const { return stalls_; }
  // How the addresses that are watched and those of DNS differ; the first `kept` of them.
  [[nodiscard]] const std::vector<DnsFinding>& findings() const { return findings_; }
  // How late requests started after their planned time, those that were sent.
  [[nodiscard]] const Histogram& lateness() const { return lateness_; }
  // Everything planned before this is in it.
  [[nodiscard]] Offset upto() const { return upto_; }
  // Whether each stream has `requests` of them.
  [[nodiscard]] bool has_all(std::uint64_t requests) const;

 private:
  struct Reading {
    StreamSummary summary;
    OutageFinder finder;
    InOrder order;
    std::uint64_t samples = 0;
  };
  void add(const Sample& sample);
  void add(const DnsFinding& finding);

  std::vector<Reading> readings_;  // by Stream::id
  Tally tally_;
  std::map<LookupKey, LookupSummary> lookups_;
  StallSummary stalls_;
  std::vector<DnsFinding> findings_;
  Histogram lateness_;
  Offset upto_{};
};

}  // namespace meshdrill::probe
