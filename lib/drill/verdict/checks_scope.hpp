// Which requests a phase's checks are about. Internal to the checks.
#pragma once

#include "drill/journal/history.hpp"

#include <string>

namespace meshdrill::drill {

// An ingress that the fault takes away fails its users by design: what is asked of the others is judged.
// Clients that follow DNS onto it are what clientErrors is for.
bool in_scope(const History& history, Phase phase, const std::optional<IpAddress>& address);
// Everything in scope, as one.
probe::Cell scoped_sum(const History& history, const PhaseRecord& phase);

// "0.25 %".
std::string percent(double share);

}  // namespace meshdrill::drill
