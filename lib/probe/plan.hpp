// A ProbeConfig, read and checked: what is pure in starting a run.
#pragma once

#include "probe/identify.hpp"
#include "probe/prober.hpp"
#include "probe/target.hpp"

#include <string>
#include <vector>

namespace meshdrill::probe {

struct Plan {
  Target target;
  Identifier identifier;
  std::vector<std::string> dns_servers;  // as c-ares wants them
  std::size_t max_in_flight = 0;         // per stream
};

Result<Plan> make_plan(const ProbeConfig& config);

// The streams of a run whose name has `addresses`: pinned ones first, in the order of `addresses`.
std::vector<Stream> streams_for(const ProbeConfig& config, const Target& target,
                                const std::vector<IpAddress>& addresses);

}  // namespace meshdrill::probe
