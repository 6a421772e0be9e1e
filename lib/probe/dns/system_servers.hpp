// The DNS servers that this machine is set up to ask.
#pragma once

#include "base/result.hpp"

#include <string>
#include <vector>

namespace meshdrill::probe {

// Those of /etc/resolv.conf as ADDRESS:PORT, in its order; 127.0.0.1:53 when it names none.
Result<std::vector<std::string>> system_dns_servers();

// Makes c-ares ready, once in a process; before anything else of it. ARES_SUCCESS, or what is wrong.
int start_cares();

}  // namespace meshdrill::probe
