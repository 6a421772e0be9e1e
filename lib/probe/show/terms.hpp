// How numbers are said to people, the same everywhere: "1.23 ms", "0.950 to 1.050 s", "49.8 %".
#pragma once

#include "probe/statistics/outage.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace meshdrill::probe {

// "123 µs", "1.23 ms", "4.5 s": three digits are all that anybody reads of a latency.
std::string show_latency(std::chrono::microseconds time);
// "12.345 s": times on the run's own time line and lengths of outages, to the millisecond.
std::string show_seconds(std::chrono::microseconds time);
// "0.950 to 1.050 s", "at least 0.950 s".
std::string show_bounds(const Bounds& bounds);
// "49.8 %" of a share from 0 to 1.
std::string show_percent(double share);
// 0 when there is no whole.
double share_of(std::uint64_t part, std::uint64_t whole);

}  // namespace meshdrill::probe
