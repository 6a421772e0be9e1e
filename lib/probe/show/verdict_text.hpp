// The sections of the text report that judge. Each begins with an empty line, and is empty where there is
// nothing to say.
#pragma once

#include "probe/show/probe_report.hpp"

#include <string>

namespace meshdrill::probe {

std::string outage_section(const ProbeReport& report);
// What each stream would be charged with: "3 of 1200 failed  0.25 %".
std::string budget_section(const ProbeReport& report);
std::string balance_section(const ProbeReport& report);
std::string condition_section(const ProbeReport& report);

}  // namespace meshdrill::probe
