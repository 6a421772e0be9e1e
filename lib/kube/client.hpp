// Talks to one cluster's Kubernetes API over HTTP/1.1 and TLS: connections are kept and reused, every step
// has a deadline, credentials are looked after, and a failed write is told apart from one whose fate is
// unknown.
#pragma once

#include "base/async.hpp"
#include "kube/api_error.hpp"
#include "kube/connection.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

enum class Method : std::uint8_t { get, put, post, patch, remove };

std::string_view to_string(Method method);

// Fill a named variable and pass it with std::move: g++ 12 destroys an aggregate twice that is made inside a
// co_await expression.
struct Request {
  Method method = Method::get;
  std::string path;                                        // "/api/v1/…"; segments already percent-encoded
  std::vector<std::pair<std::string, std::string>> query;  // plain text; encoded when sent
  std::optional<boost::json::value> body;
  std::string content_type = "application/json";
  Duration timeout = std::chrono::seconds{10};  // for the whole request with its retries; reading a stream
                                                // has its own limit
  bool dry_run = false;                         // dryRun=All: admitted and validated, nothing stored
  bool changes_nothing = false;  // a POST that only asks (access reviews): may be repeated as a GET may
};

// A response body that arrives line by line: a watch. Cancel the coroutine that awaits it, or destroy it, to
// end it; its connection is not reused.
class LineStream {
 public:
  virtual ~LineStream() = default;
  // The next non-empty line, waiting at most `patience` for each piece of it; nullopt once the server has
  // ended the body. A line over 64 MiB is an error.
  virtual Task<ApiResult<std::optional<std::string>>> next(Duration patience) = 0;
};

struct ApiConnection;  // kube/api_connection.hpp

// Requests may be made at the same time, all on the executor's thread. The client must outlive them.
class Client {
 public:
  // Does not connect. Credentials that OpenSSL refuses are an error of each request.
  Client(Executor executor, Connection connection);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The answer's body (an object; null when empty), or an error for every status but 2xx. Reads are repeated
  // once on a connection that turned out dead, and as often as the timeout allows while the API answers 429
  // or 503 with Retry-After. A write is repeated only when it provably was not sent. 401: the token file is
  // read again, or the credential plugin run again, and the request repeated once if what they give is new.
  // Running a plugin has a time limit of its own. Bodies over 64 MiB and JSON deeper than 128 are refused.
  //
  // Cancelling the awaiting coroutine returns an error at once: `cancelled`, or `ambiguous` for a write that
  // was sent. Asio throws operation_aborted from the caller's next co_await, so look at the result first.
  Task<ApiResult<boost::json::value>> request(Request request);

  // Sends a GET and hands over its body as it comes; the timeout covers the time up to the response's head.
  Task<ApiResult<std::unique_ptr<LineStream>>> open_stream(Request request);

  // A connection of its own, TLS and proxies done, with the headers that say who asks: for what is no plain
  // request, such as a WebSocket. `about` gives the time limit, and method and path for messages; it is not
  // sent. A 401 is the caller's to deal with; see renew_credentials().
  Task<ApiResult<std::unique_ptr<ApiConnection>>> open_connection(Request about);

  // After a 401 on such a connection: the token file is read again, or the credential plugin run again.
  // Whether what they give is new, so that another connection may fare better.
  Task<bool> renew_credentials(const ApiConnection& refused);

  // How far the API server's clock was ahead of ours by its last answer, to about a second; nullopt before
  // the first, and where it does not say.
  [[nodiscard]] std::optional<Duration> clock_ahead() const;

  [[nodiscard]] const Connection& connection() const;
  [[nodiscard]] Executor executor() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshdrill::kube
