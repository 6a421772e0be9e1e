// The run as one HTML file that needs nothing else: no network, no other file, no server. Its tables stand
// without scripts; the timeline is drawn by D3, which it carries.
#pragma once

#include "report/run_record.hpp"

#include <string>

namespace meshdrill::report {

// Under 5 MB for a journal of any length.
std::string render_html(const RunRecord& run);

}  // namespace meshdrill::report
