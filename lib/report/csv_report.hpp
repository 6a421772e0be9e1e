// The timeline as comma-separated values (RFC 4180), for spreadsheets and notebooks.
#pragma once

#include "report/run_record.hpp"

#include <string>

namespace meshdrill::report {

// A header, then one row a window, gaps included: from_s, length_s, phase, requests, answered, failed,
// unsent, p50_us, p99_us, max_us (of the answered, empty without one), then the answers of each cluster of
// the mesh in a column of its own, and those of other names in the last. Each sample counts where it was
// planned.
std::string render_csv(const RunRecord& run);

}  // namespace meshdrill::report
