#pragma once

#include "base/async.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace meshdrill::kube {

struct Resolution {
  std::vector<asio::ip::tcp::endpoint> endpoints;  // in order of preference (RFC 6724)
  std::string problem;                             // why there are none
  bool timed_out = false;
};

// By /etc/hosts and the DNS servers of /etc/resolv.conf. Not by getaddrinfo: it cannot be stopped, and in a
// static binary it loads the machine's C library behind our back for whatever /etc/nsswitch.conf names.
Task<Resolution> resolve_host(Executor executor, std::string host, std::uint16_t port,
                              Clock::time_point deadline);

}  // namespace meshdrill::kube
