// What kind of failure a drill stages, and what it therefore says nothing about: a workload that was scaled
// down is not a cluster that was lost.
#pragma once

#include "drill/journal/history.hpp"

#include <string>
#include <vector>

namespace meshdrill::drill {

// "workload loss", "ingress loss", …: how verdicts and reports name it.
std::string fault_class(const Fault& fault);

// "default/api of cilium-001 was away": what happened, for the sentence of a pass.
std::string what_happened(const History& history);

// What a drill of this kind leaves open, whatever its verdict; a sentence each.
std::vector<std::string> not_proved(const Fault& fault);

}  // namespace meshdrill::drill
