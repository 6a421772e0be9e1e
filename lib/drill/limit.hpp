// The small values that only drill files have: limits and rates.
#pragma once

#include "base/duration.hpp"
#include "base/percent.hpp"
#include "base/result.hpp"

#include <string_view>

namespace meshdrill::drill {

// "<= 2s" or "2s": an upper limit.
Result<Duration> parse_duration_limit(std::string_view text);
// "<= 1%" or "1%".
Result<double> parse_share_limit(std::string_view text);
// "> 20%" or "20%": a threshold that must not be passed.
Result<double> parse_share_threshold(std::string_view text);

// "50/s" or "3000/m" as requests a second; more than 0, at most 10,000.
Result<double> parse_rate(std::string_view text);

}  // namespace meshdrill::drill
