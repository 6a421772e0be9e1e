// A WebSocket with an API server. Beast stays behind this interface.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "kube/api_connection.hpp"
#include "kube/http_session.hpp"

#include <memory>
#include <optional>
#include <string>

namespace meshdrill::kube {

class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // The next message; nullopt once the server has closed the WebSocket. Messages over 16 MiB are an error,
  // and after any error it is done.
  virtual Task<HttpResult<std::optional<std::string>>> read_message(Clock::time_point deadline) = 0;
};

// What came of asking for one.
struct UpgradeAnswer {
  ResponseHead head;                  // status 101: it is one now
  std::string body;                   // of a refusal
  std::unique_ptr<WebSocket> socket;  // null when refused
};

// Asks with a GET for `target` to go on as a WebSocket that speaks one of `protocols` ("a, b"), until the
// connection's deadline. Uses the stream up; leaves the proof.
Task<HttpResult<UpgradeAnswer>> open_websocket(ApiConnection& connection, std::string target,
                                               std::string protocols);

}  // namespace meshdrill::kube
