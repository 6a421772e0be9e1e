// The verdict as JUnit XML, as GitLab, GitHub actions and Jenkins read it.
#pragma once

#include "report/run_record.hpp"

#include <string>

namespace meshdrill::report {

// One suite for the preflight, one for each phase, one for the run as a whole; one case a check, named
// CLUSTER/PHASE/CHECK, the same from run to run and unique within one. What did not hold is a failure, what
// could not be judged an error, what the run did not come to is skipped; a run that did not pass has at least
// one failure or error.
std::string render_junit(const RunRecord& run);

}  // namespace meshdrill::report
