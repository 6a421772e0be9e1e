// The verdict and what it rests on as a text file for Prometheus's node exporter (textfile collector) or a
// Pushgateway.
#pragma once

#include "report/run_record.hpp"

#include <string>

namespace meshdrill::report {

// Exposition format 0.0.4, without time stamps; docs/reference/report.md lists the metrics. Ends in a
// newline.
std::string render_prometheus(const RunRecord& run);

}  // namespace meshdrill::report
