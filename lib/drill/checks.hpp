// One function a check: what a phase's expectation asks, answered from the history.
#pragma once

#include "drill/verdict.hpp"

namespace meshdrill::drill {

Check check_every_cluster_seen(const History& history, const PhaseRecord& phase);
Check check_balance(const History& history, const PhaseRecord& phase, const probe::BalanceRule& rule);
Check check_errors(const PhaseRecord& phase, double limit);
// Outages that began between `from` and `to`.
Check check_outage(const History& history, Phase phase, probe::Offset from, probe::Offset to, Duration limit);
Check check_target_share(const History& history, const PhaseRecord& phase, double limit);

// That the fault really happened: acknowledged, Pods gone, no answer from the target left.
Check check_fault(const History& history);
// That we saw what happened: requests were sent as planned.
Check check_observer(const PhaseRecord& phase);

}  // namespace meshdrill::drill
