// The verdict as workflow commands of GitHub Actions, which show it beside the change that caused it.
#pragma once

#include "report/run_record.hpp"

#include <string>

namespace meshdrill::report {

// GitHub shows so many errors of a step, and as many warnings; what comes after is dropped.
inline constexpr std::size_t most_annotations = 10;

// An error for each thing that did not hold and a warning for each that could not be judged, at most
// most_annotations of each; a notice for a pass. The drill's file is named where the journal knows it.
std::string render_github(const RunRecord& run);

}  // namespace meshdrill::report
