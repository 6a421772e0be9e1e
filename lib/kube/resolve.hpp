#pragma once

#include "base/async.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace meshdrill::kube {

struct Resolution {
  std::vector<asio::ip::tcp::endpoint> endpoints;  // in the system's order of preference
  std::string problem;                             // why there are none
  bool timed_out = false;
};

// The system's resolver (getaddrinfo), because the API's names may stand in /etc/hosts. getaddrinfo cannot be
// stopped: past the deadline its answer is awaited no longer and dropped when it comes.
Task<Resolution> resolve_host(Executor executor, std::string host, std::uint16_t port,
                              Clock::time_point deadline);

}  // namespace meshdrill::kube
