// The JSON of what the report judges; docs/reference/probe-report.schema.json has its members.
#pragma once

#include "probe/show/probe_report.hpp"

#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace meshdrill::probe {

boost::json::array outages_json(const std::vector<Outage>& outages);
boost::json::object balance_json(const ProbeReport& report);
boost::json::array conditions_json(const ProbeReport& report);

}  // namespace meshdrill::probe
