#pragma once

#include "base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace meshdrill {

using Duration = std::chrono::nanoseconds;

// Reads a duration as Go and kubectl write it: "300ms", "1.5h", "2m30s"; units ns, us, ms, s, m, h. A number
// without a unit is refused, except "0". Negative durations are refused.
Result<Duration> parse_duration(std::string_view text);

// The shortest of the same form that is exact to the microsecond: "2s", "1m30s", "250ms", "1.2ms".
std::string format_duration(Duration duration);

}  // namespace meshdrill
