// Asks DNS for the names that the ingresses of live clusters share.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "status/checks.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace meshdrill::cli {

struct StatusDnsOptions {
  bool ask = true;
  std::vector<std::string> servers;  // ADDRESS[:PORT]; empty: those of /etc/resolv.conf
  std::uint16_t authority_port = 53;
  Duration timeout = std::chrono::seconds{5};
};

// For each host that leads to a global Service: what the name's own servers say, and what the resolver says.
std::vector<status::DnsView> look_up_hosts(const std::vector<status::LiveCluster>& clusters,
                                           const StatusDnsOptions& options);

}  // namespace meshdrill::cli
