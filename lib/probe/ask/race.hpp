// Connects the way a browser does (RFC 8305, Happy Eyeballs): asks for A and AAAA at once, tries the
// addresses of the two families in turn, the next one a while after the last or as soon as it fails, and
// takes the first connection that stands. It hides an address that is dead at the price of a delay; a Sample
// of it counts what it hid.
#pragma once

#include "base/async.hpp"
#include "probe/ask/exchange.hpp"
#include "probe/dns/resolver.hpp"
#include "probe/prober.hpp"

#include <functional>
#include <vector>

namespace meshdrill::probe {

// What a race needs. Everything outlives it, and lookups that it did not wait for.
struct RaceServices {
  asio::io_context& context;
  Exchanger& exchanger;
  Resolver& resolver;
  RaceTimes times;
  std::function<void(DnsAnswer)> on_answer;  // of each lookup, `asked` left open; may come after the race
};

// The address to try after those in `tried`, the last of which was tried last: of the other family than that
// one, IPv6 before all; in the order of the answers. None when all were.
std::optional<IpAddress> next_in_race(const std::vector<AddressRecord>& v6,
                                      const std::vector<AddressRecord>& v4,
                                      const std::vector<IpAddress>& tried);

// Leaves `winner` set, connected, and `sample` with its address, the phases so far, and the race's own
// fields; or fills in how it failed: the lookups' failure, or the first attempt's when all failed.
Task<> race(RaceServices services, Sample& sample, ConnectionPtr& winner, Clock::time_point deadline);

}  // namespace meshdrill::probe
