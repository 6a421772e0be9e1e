// A ProbeConfig, read and checked: what is pure in starting a run.
#pragma once

#include "probe/ask/identify.hpp"
#include "probe/ask/target.hpp"
#include "probe/prober.hpp"
#include "probe/schedule.hpp"

#include <vector>

namespace meshdrill::probe {

struct Plan {
  Target target;
  Identifier identifier;
  std::vector<Vantage> vantages;  // all but the authority; the system's servers are not read yet
};

// The rate of the streams of a kind.
double rate_of(const ProbeConfig& config, StreamKind kind);

// How many requests a stream of that rate may have in flight.
std::size_t in_flight_limit(const ProbeConfig& config, double rate);

// When the requests of stream `number` of `count` start, from `first` on.
Schedule schedule_for(const ProbeConfig& config, StreamKind kind, Duration first, std::size_t number,
                      std::size_t count);

Result<Plan> make_plan(const ProbeConfig& config);

// The streams of a run whose name has `addresses`: pinned ones first, in the order of `addresses`, then those
// of each vantage.
std::vector<Stream> streams_for(const ProbeConfig& config, const std::vector<Vantage>& vantages,
                                const std::vector<IpAddress>& addresses);

}  // namespace meshdrill::probe
