// A request to a cluster's Kubernetes API and its answer, without the socket they travel on.
#pragma once

#include "lab/api/watch_stream.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshdrill::lab {

// Who asks, as the client certificate (common name, organizations) or the bearer token says.
struct ApiUser {
  std::string name;
  std::vector<std::string> groups;
};

struct ApiRequest {
  std::string method;  // "GET"
  std::string target;  // path and query as on the wire
  std::string accept;
  std::string content_type;
  std::string user_agent;
  std::string body;
  ApiUser user;
};

struct ApiResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // Set when the answer is a stream of watch events, with no body.
  std::unique_ptr<WatchStream> watch;
};

}  // namespace meshdrill::lab
