// The words and numbers that every report has in common.
#pragma once

#include "drill/history.hpp"
#include "drill/verdict.hpp"

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

// Which phases were before, during and after the fault, for the matrix.
struct Period {
  std::string title;
  drill::Phase phase;
};
const std::vector<Period>& periods();

}  // namespace meshdrill::report
