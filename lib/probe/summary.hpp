// What a run amounts to, gathered batch by batch in memory that does not grow with its length: tallies,
// outages, lookups, and how well the prober itself kept time.
#pragma once

#include "probe/histogram.hpp"
#include "probe/outage.hpp"
#include "probe/sample.hpp"
#include "probe/tally.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace meshdrill::probe {

struct StreamSummary {
  Stream stream;
  std::array<std::uint64_t, outcome_count> outcomes{};  // every planned request is in exactly one
  Histogram latency;                                    // of requests that ended ok, from the planned start
  std::vector<Outage> outages;                          // oldest first

  [[nodiscard]] std::uint64_t planned() const;
  [[nodiscard]] std::uint64_t count(Outcome outcome) const {
    return outcomes[static_cast<std::size_t>(outcome)];
  }
};

// The lookups of one record type.
struct LookupSummary {
  std::map<DnsResult, std::uint64_t> results;
  std::map<IpAddress, std::uint64_t> first;  // how often each address came first: what the DNS balancer did
  Histogram took;
  DnsAnswer last;  // the latest answer
};

class Summary {
 public:
  explicit Summary(const std::vector<Stream>& streams, const OutageRules& rules = {});

  void add(const DnsAnswer& answer);
  void add(const Batch& batch);

  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] std::vector<StreamSummary> streams() const;  // as given, with the outages found so far
  [[nodiscard]] const std::map<Family, LookupSummary>& lookups() const { return lookups_; }
  [[nodiscard]] const std::vector<Stall>& stalls() const { return stalls_; }
  // How late requests started after their planned time, those that were sent.
  [[nodiscard]] const Histogram& lateness() const { return lateness_; }
  // Everything planned before this is in it.
  [[nodiscard]] Offset upto() const { return upto_; }

 private:
  struct Reading {
    StreamSummary summary;
    OutageFinder finder;
    std::map<std::uint64_t, Sample>
        waiting;             // finished before one planned earlier; at most as many as are in flight
    std::uint64_t next = 0;  // index of the sample that the finder wants
  };
  void add(const Sample& sample);

  std::vector<Reading> readings_;  // by Stream::id
  Tally tally_;
  std::map<Family, LookupSummary> lookups_;
  std::vector<Stall> stalls_;
  Histogram lateness_;
  Offset upto_{};
};

}  // namespace meshdrill::probe
