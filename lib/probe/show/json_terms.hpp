// The JSON of what stands in many places of the report: times, counts, histograms.
#pragma once

#include "base/duration.hpp"
#include "probe/sample.hpp"
#include "probe/statistics/histogram.hpp"
#include "probe/statistics/status_counts.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace meshdrill::probe {

// Whole µs.
boost::json::value in_us(std::chrono::microseconds time);
boost::json::value in_us(Duration time);
// null where there is none.
boost::json::value in_us(const std::optional<std::chrono::microseconds>& time);

// By name; those that are 0 are left out.
boost::json::object outcomes_json(const std::array<std::uint64_t, outcome_count>& outcomes);
// By number ("503"), the most frequent first.
boost::json::object statuses_json(const StatusCounts& statuses);
boost::json::object histogram_json(const Histogram& histogram);
// "A", "AAAA"
std::string_view record_type(Family family);

}  // namespace meshdrill::probe
