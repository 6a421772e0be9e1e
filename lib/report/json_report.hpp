// The verdict of a drill for programs. docs/reference/drill-report.md has its members.
#pragma once

#include "drill/journal/history.hpp"
#include "drill/verdict/verdict.hpp"

#include <string>

namespace meshdrill::report {

// One JSON object on one line, ending in a newline. Durations and times are microseconds, times since the
// run's start.
std::string render_json(const drill::History& history, const drill::Verdict& verdict);

}  // namespace meshdrill::report
