// The result of `meshdrill probe`, as text for a person and as JSON for a program.
#pragma once

#include "probe/balance.hpp"
#include "probe/prober.hpp"
#include "probe/summary.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::probe {

// A summary with everything that was concluded from it.
struct ProbeReport {
  ProbeConfig config;
  Run run;
  Summary summary;
  std::vector<std::string> clusters;  // that were expected; without a list of names, those that answered
  BalanceRule rule;
  // Balance, for each of the layers that choose. Empty where nothing was there to choose from.
  std::map<Family, BalanceVerdict> dns_order;  // which address DNS names first; the unit is a lookup
  std::map<IpAddress, BalanceVerdict>
      behind;  // which cluster the mesh picks behind each address (pinned streams)
  std::optional<BalanceVerdict>
      following_dns;  // which cluster answers clients that follow DNS: both together
};

enum class ProbeResult {
  passed,        // every request was answered by a cluster that is known
  failed,        // at least one was not
  not_measured,  // no request says anything about the system: none was sent
};

ProbeReport conclude(ProbeConfig config, Run run, Summary summary, const BalanceRule& rule = {});
ProbeResult result_of(const ProbeReport& report);

// Ends in a newline. Text from servers is made printable.
std::string to_text(const ProbeReport& report);
// One JSON object; docs/reference/probe.md has its members. Durations are in µs.
std::string to_json(const ProbeReport& report);

}  // namespace meshdrill::probe
