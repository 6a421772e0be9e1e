#include "drill/verdict/checks_scope.hpp"

#include <cmath>

#include <fmt/format.h>

namespace meshdrill::drill {

bool in_scope(const History& history, Phase phase, const std::optional<IpAddress>& address) {
  const bool lasts = phase == Phase::fail || phase == Phase::hold || phase == Phase::restore;
  return !lasts || history.scenario.fault.kind != Fault::Kind::ingress_controller ||
         !history.at_target(address);
}

probe::Cell scoped_sum(const History& history, const PhaseRecord& phase) {
  return phase.tally.sum(
      [&](const probe::CellKey& key) { return in_scope(history, phase.phase, key.address); });
}

std::string percent(double share) {
  return fmt::format("{:.4g} %", std::round(share * 1e5) / 1e3);
}

}  // namespace meshdrill::drill
