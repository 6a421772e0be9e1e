// What a user expects of a target, in one line each, and whether a run shows it. An expectation is a claim
// about the target and not about the few requests that were sent, so there are three answers: it holds, it
// fails, or the run is too short to tell.
#pragma once

#include "base/duration.hpp"
#include "base/result.hpp"
#include "probe/statistics/balance.hpp"
#include "probe/statistics/summary.hpp"
#include "probe/statistics/tally.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe {

// One of:
// - availability[(WHERE)] >= 99.9%: of the requests that say something, those that ended ok
// - errors[(WHERE)] <= 0.1%: the others
// - [PHASE.]p50|p90|p99|p99.9[(WHERE)] <= 200ms: of answered requests; PHASE is dns, connect, tls, first_byte
// - [PHASE.]max[(WHERE)] <= 2s: the slowest of this run
// - outage[(WHERE)] <= 2s: each one on each stream
// - share(CLUSTER) = 50% ± 10% (also "+-", or >= 30%, or <= 30%): of the connections of those who follow DNS,
//   or of all where nobody does
// - requests >= 1000: that say something
// - everyone seen: each cluster has answered
// - balanced: each of the balance verdicts
// WHERE is an address, a stream's name, or "users": the streams that follow DNS. Of what is measured of
// answers (p99, max) it may be a cluster too: those that it gave. Without it, all of them.
struct Condition {
  enum class Subject {
    availability,
    errors,
    latency,
    slowest,
    outage,
    share,
    requests,
    everyone_seen,
    balanced
  };
  enum class Comparison { at_most, at_least, near };

  std::string text;  // as it was given
  Subject subject = Subject::availability;
  Comparison comparison = Comparison::at_least;
  std::string where;                     // or a cluster; may be empty
  PhaseName phase = PhaseName::total;    // of latency, slowest
  double quantile = 0;                   // of latency; 0 to 1
  double share = 0;                      // of availability, errors, share; 0 to 1
  double tolerance = 0;                  // of share, near; 0 to 1
  std::chrono::microseconds duration{};  // of latency, slowest, outage
  std::uint64_t count = 0;               // of requests
};

Result<Condition> parse_condition(std::string_view text);

enum class Holds { yes, no, unknown };  // "yes", "no", "unknown" in text

struct ConditionResult {
  Condition condition;
  Holds holds = Holds::unknown;
  std::string sentence;  // what was seen, and what it takes when that does not tell
};

// What conditions are held against.
struct Evidence {
  const Summary& summary;
  std::vector<StreamSummary> streams;          // of the summary
  std::vector<std::string> clusters;           // that should answer
  std::vector<const BalanceVerdict*> balance;  // all that there are
  BalanceRule rule;                            // its confidence is that of every condition by itself
};

ConditionResult judge(const Condition& condition, const Evidence& evidence);

std::string_view to_string(Holds holds);

}  // namespace meshdrill::probe
