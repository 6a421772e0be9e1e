// One HTTP/1.1 connection to an API server, plain or TLS. Beast stays behind this interface.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "kube/connection.hpp"
#include "kube/http_failure.hpp"
#include "kube/tls_context.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace meshdrill::kube {

struct HttpRequest {
  std::string verb;
  std::string target;
  std::string content_type;  // empty: no body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // beside the ones that every request has
  std::string authorization;                                 // value of that header; secret; empty: none
};

struct ResponseHead {
  int status = 0;
  std::optional<Duration> retry_after;
  std::optional<std::chrono::system_clock::time_point> date;  // the server's clock, to the second
};

// Use: send, read_head, read_body until it gives "", then again if reusable(). After any failure it is done.
class HttpSession {
 public:
  virtual ~HttpSession() = default;

  virtual Task<HttpResult<void>> send(const HttpRequest& request, Clock::time_point deadline) = 0;
  virtual Task<HttpResult<ResponseHead>> read_head(Clock::time_point deadline) = 0;
  // The next piece of the body as soon as there is one; "" at its end.
  virtual Task<HttpResult<std::string>> read_body(Clock::time_point deadline) = 0;
  // Whether the next request may go over it: the last answer was read to its end, the server did not say
  // "close", and has sent nothing since, not even its FIN.
  [[nodiscard]] virtual bool reusable() = 0;

  int certificate_number = 0;  // the pool's: which client certificate it was opened with
};

// Over a stream of open_api_stream.
Task<HttpResult<std::unique_ptr<HttpSession>>> open_session(Executor executor, const Connection& connection,
                                                            TlsContext tls, Clock::time_point deadline);

}  // namespace meshdrill::kube
