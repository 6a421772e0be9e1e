// The judgement of a run, from its history alone. Three outcomes for each check, because "not enough data" is
// not a pass.
#pragma once

#include "drill/journal/history.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::drill {

enum class Outcome { pass, fail, inconclusive };

struct Check {
  Phase phase = Phase::baseline;
  std::string
      name;  // as in the drill file: "outage", "errors", …; or "fault", "observer": those are always asked
  Outcome outcome = Outcome::inconclusive;
  std::string sentence;
};

enum class VerdictKind {
  pass,
  fail,
  inconclusive,
  refused,
  aborted,
  interrupted,
  restore_failed,
  unfinished
};

struct Verdict {
  VerdictKind kind = VerdictKind::inconclusive;
  std::string reason;  // one sentence for a person
  std::vector<Check> checks;
  int exit_code = 6;                    // docs/reference/exit-codes.md
  std::string fault_class;              // what was staged: "workload loss", …
  std::vector<std::string> not_proved;  // what a drill of that class leaves open
};

// Every expectation of every phase that took place, and the proofs that a pass rests on.
std::vector<Check> check_expectations(const History& history);
// Those of one phase alone: what decides whether the baseline is steady enough to go on.
std::vector<Check> check_phase(const History& history, Phase phase);

// The check that decides: the first that failed, else the first inconclusive one, else nullptr.
const Check* deciding_check(const std::vector<Check>& checks);

Verdict judge(const History& history);

std::string_view to_string(Outcome outcome);
std::string_view to_string(VerdictKind kind);

}  // namespace meshdrill::drill
