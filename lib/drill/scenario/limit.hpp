// The small values that only drill files have: limits and rates.
#pragma once

#include "base/duration.hpp"
#include "base/percent.hpp"
#include "base/result.hpp"
#include "drill/scenario/scenario.hpp"

#include <string_view>

namespace meshdrill::drill {

// "<= 2s" or "2s": an upper limit.
Result<Duration> parse_duration_limit(std::string_view text);
// "<= 1%" or "1%".
Result<double> parse_share_limit(std::string_view text);
// "> 20%" or "20%": a threshold that must not be passed.
Result<double> parse_share_threshold(std::string_view text);

// "<= 2x" or "1.5x": so many times what it was; more than 0.
Result<double> parse_ratio_limit(std::string_view text);

// "3" or "25%".
Result<Amount> parse_amount(std::string_view text);

// "Mon-Fri 09:00-16:30": days and hours, in UTC. The hours end on the day on which they begin.
Result<Window> parse_window(std::string_view text);

// "50/s" or "3000/m" as requests a second; more than 0, at most 10,000.
Result<double> parse_rate(std::string_view text);

}  // namespace meshdrill::drill
