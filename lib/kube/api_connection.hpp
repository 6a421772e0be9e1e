// What Client::open_connection gives. Includes Beast, so include it in few places.
#pragma once

#include "base/duration.hpp"
#include "kube/api_stream.hpp"
#include "kube/credentials.hpp"

#include <string>
#include <utility>
#include <vector>

namespace meshdrill::kube {

struct ApiConnection {
  ApiStream stream;
  // Authorization and impersonation; secret. Paths begin with Connection::path_prefix.
  std::vector<std::pair<std::string, std::string>> headers;
  Proof proof;                 // what it was opened with; secret, and part of the headers
  Clock::time_point deadline;  // by the time limit that was asked for
};

}  // namespace meshdrill::kube
