// Times as Kubernetes writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::lab {

// "2026-01-31T12:00:00Z": metav1.Time, whole seconds.
std::string to_timestamp(std::chrono::system_clock::time_point time);
// The same with fractions of any length, in UTC; nullopt when it is none.
std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text);

}  // namespace meshdrill::lab
