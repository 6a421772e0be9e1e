// One function a check: what a phase's expectation asks, answered from the history.
#pragma once

#include "drill/verdict/verdict.hpp"

#include <optional>
#include <string>
#include <vector>

namespace meshdrill::drill {

// checks.cpp: what users saw.
Check check_every_cluster_seen(const History& history, const PhaseRecord& phase);
Check check_survivors(const History& history, const PhaseRecord& phase,
                      const std::vector<std::string>& names);
Check check_balance(const History& history, const PhaseRecord& phase, const probe::BalanceRule& rule);
Check check_errors(const History& history, const PhaseRecord& phase, double limit);
Check check_client_errors(const PhaseRecord& phase, double limit);
Check check_samples(const PhaseRecord& phase, std::uint64_t least);
// The quantile `part` of the latency against that of the baseline.
Check check_latency(const History& history, const PhaseRecord& phase, const char* name, double part,
                    double limit);
// Outages that began between `from` and `to`.
Check check_outage(const History& history, Phase phase, probe::Offset from, probe::Offset to, Duration limit);
Check check_target_share(const History& history, const PhaseRecord& phase, double limit);

// checks_proof.cpp
// That the fault really happened: acknowledged, its effect seen in the API, and its answers seen before it.
Check check_fault(const History& history);
// That we saw what happened: requests were sent as planned.
Check check_observer(const PhaseRecord& phase);
Check check_within(Phase phase, const char* name, std::optional<probe::Offset> from,
                   std::optional<probe::Offset> to, Duration limit);

}  // namespace meshdrill::drill
