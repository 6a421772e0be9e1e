// Who is asked for the name: the system's resolvers, those that the user named, the zone's own servers.
#pragma once

#include "base/async.hpp"
#include "probe/ask/target.hpp"
#include "probe/dns/resolver.hpp"
#include "probe/prober.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace meshdrill::probe {

// Those that can be named without asking anybody: all but the authority. The system's servers are left open
// until fill_in(). `servers` are config.dns_servers as parse_dns_server() gives them. None for an address.
std::vector<Vantage> vantages_for(const ProbeConfig& config, const Target& target,
                                  const std::vector<std::string>& servers);

// Reads /etc/resolv.conf where a vantage needs it.
Result<> fill_in(std::vector<Vantage>& vantages);

// The servers of the zone in which the chain of aliases of `host` ends, found by asking `resolver`: at most
// 4 names with 8 addresses in all, of a family that this machine has a route for, each on `port`. Ends
// within some 30 lookups.
Task<Result<Vantage>> find_authority(Resolver& resolver, std::string host, std::uint16_t port);

}  // namespace meshdrill::probe
