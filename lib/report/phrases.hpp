// The words and numbers that every report has in common.
#pragma once

#include "drill/journal/history.hpp"
#include "drill/verdict/verdict.hpp"
#include "probe/statistics/histogram.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace meshdrill::report {

// "8.123 s": a time on the run's own time line.
std::string seconds(probe::Offset time);
// "+0.210 s": since the fault or the restore.
std::string after(probe::Offset time, probe::Offset since);
// "0.040 to 0.082 s", "at least 2.000 s".
std::string interval(const probe::Bounds& bounds);

// The word a person reads first: PASS, FAIL, INCONCLUSIVE, …
std::string headline(drill::VerdictKind kind);

// "12 × connection refused, 3 slow": what the requests of an outage came to.
std::string reasons(const probe::Outage& outage);
// When it began, counted from the change that it follows: "+0.012 s from the fault".
std::string since_change(const drill::History& history, const probe::Outage& outage);

// "120 (49.8 %)"; "-" for none.
std::string with_share(std::uint64_t part, std::uint64_t whole);
// A quantile, "1.23 ms"; "-" without an answer.
std::string latency(const probe::Histogram& histogram, double part);

// What a pass rests on, in its order: "its effect shown by the API", "+0.210 s". "not seen" where it was not;
// answers only where the fault takes some away. Empty when there was no fault.
struct Proof {
  std::string what;
  std::string when;
};
std::vector<Proof> proofs(const drill::History& history);

// What the drill took and had to give back, a line each: "lab-001: deployment default/api to 2 replicas".
std::vector<std::string> put_back(const drill::History& history);
// All of it is back and was seen to be; true when nothing was changed.
bool is_all_back(const drill::History& history);

// What it leaves open, a sentence each. Empty when it was over before it could be taken for a proof of
// anything.
std::vector<std::string> not_proved(const drill::History& history, const drill::Verdict& verdict);

// Which phases were before, during and after the fault, for the matrix. A run that ended early has what it
// came to: fail without hold, restore without recovered. They belong to the history.
struct Period {
  std::string title;  // "during (hold)"
  const drill::PhaseRecord* phase;
};
std::vector<Period> periods(const drill::History& history);

}  // namespace meshdrill::report
