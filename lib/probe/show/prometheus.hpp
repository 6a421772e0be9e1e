// A report in the text format of Prometheus (exposition format 0.0.4).
#pragma once

#include "probe/show/probe_report.hpp"

#include <string>

namespace meshdrill::probe {

// docs/reference/probe.md lists the metrics. Ends in a newline.
std::string to_prometheus(const ProbeReport& report);

}  // namespace meshdrill::probe
