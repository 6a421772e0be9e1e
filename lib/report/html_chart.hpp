#pragma once

#include "report/run_record.hpp"

#include <boost/json/object.hpp>

namespace meshdrill::report {

// What page/page.js draws. Times are microseconds since the run's start:
// title, length (of a window), end; clusters: names of the columns of `windows`, the last for names that are
// not drawn apart when there are any; windows: [answers of each column…, failed, unsent, p50, p99], the last
// two null without an answer; phases: {phase, from, to}; marks: {name, at}; events: {kind, at, text};
// outageStreams: names; outages: {row, stream, kind, from, to, interval}; stalls: [from, to].
boost::json::object chart_data(const RunRecord& run);

}  // namespace meshdrill::report
