// What Client::open_connection gives. Includes Beast, so include it in few places.
#pragma once

#include "kube/api_stream.hpp"

#include <string>
#include <utility>
#include <vector>

namespace meshdrill::kube {

struct ApiConnection {
  ApiStream stream;
  // Authorization and impersonation; secret. Paths begin with Connection::path_prefix.
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace meshdrill::kube
