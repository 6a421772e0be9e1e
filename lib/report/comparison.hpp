// What changed between two drills, each change with the interval that says whether it is more than chance.
#pragma once

#include "report/difference.hpp"
#include "report/run_record.hpp"

#include <string>
#include <vector>

namespace meshdrill::report {

enum class Judgement {
  better,
  worse,
  different,  // and neither is better by itself
  unclear,    // the two can be the same
};
std::string_view to_string(Judgement judgement);

struct Change {
  enum class Topic { outage, errors, latency, balance };
  Topic topic = Topic::outage;
  std::string subject;  // "127.0.0.1 new, from the fault", "hold", "hold p99", "baseline lab-001"
  // The measured value and the interval that holds the true one. Outages and latency: microseconds, and the
  // high end is infinite when it was not seen. Errors and balance: shares from 0 to 1.
  double before = 0;
  Interval before_interval;
  double now = 0;
  Interval now_interval;
  Judgement judgement = Judgement::unclear;
};
std::string_view to_string(Change::Topic topic);

struct Comparison {
  // Things that make the two hard to compare: another drill, another target, another rate.
  std::vector<std::string> warnings;
  // Of the two verdicts: from best to worst pass; what shows nothing (inconclusive, refused, interrupted,
  // unfinished); fail and aborted; not restored. Two of one rank are `different`, equal ones `unclear`.
  Judgement verdict = Judgement::unclear;
  std::vector<Change> changes;
  std::size_t tests =
      0;  // the changes of errors, latency and balance, whose errors together are within `error`
  double error = 0.05;
};

// Outages are compared stream by stream, by the longest that followed the fault and the restore; the error
// share, latency and balance of the steady phases (baseline, hold, recovered) on new connections alone, since
// requests on a kept one are not independent of each other.
Comparison compare(const RunRecord& before, const RunRecord& now);

// For people, for a comment on a change, and for programs (docs/reference/report.md has the members).
std::string render_text(const Comparison& comparison, const RunRecord& before, const RunRecord& now);
std::string render_markdown(const Comparison& comparison, const RunRecord& before, const RunRecord& now);
std::string render_json(const Comparison& comparison, const RunRecord& before, const RunRecord& now);

// Whether the verdict is worse, or anything that was measured got worse for certain.
bool is_worse(const Comparison& comparison);

}  // namespace meshdrill::report
