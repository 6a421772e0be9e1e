#include "probe/show/terms.hpp"

#include <fmt/format.h>

namespace meshdrill::probe {

std::string show_latency(std::chrono::microseconds time) {
  const auto us = static_cast<double>(time.count());
  if (us < 1000) return fmt::format("{:.0f} µs", us);
  if (us < 1e6) return fmt::format("{:.3g} ms", us / 1e3);
  return fmt::format("{:.3g} s", us / 1e6);
}

std::string show_seconds(std::chrono::microseconds time) {
  return fmt::format("{:.3f} s", static_cast<double>(time.count()) / 1e6);
}

std::string show_bounds(const Bounds& bounds) {
  if (!bounds.upper) return fmt::format("at least {}", show_seconds(bounds.lower));
  return fmt::format("{:.3f} to {}", static_cast<double>(bounds.lower.count()) / 1e6,
                     show_seconds(*bounds.upper));
}

std::string show_percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace meshdrill::probe
