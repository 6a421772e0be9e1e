// One client's TLS connection to an API server, from handshake to end.
#pragma once

#include "base/async.hpp"
#include "lab/api/api_faults.hpp"
#include "lab/api/api_handler.hpp"

#include <map>
#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

namespace meshdrill::lab {

// What all connections of a server have in common.
struct ApiService {
  ApiHandler handler;
  ApiFaults faults;
  std::map<std::string, ApiUser> tokens;
  Duration clock_skew{};  // what its clock (the header Date) is ahead
  asio::ssl::context tls;
};

class ApiConnection {
 public:
  virtual ~ApiConnection() = default;
  // Ends it at once; its coroutine follows when the context runs.
  virtual void close() = 0;
  // Ends a watch that it may be serving with 410 Gone.
  virtual void expire_watch() = 0;
};

// Serves requests on `socket` until either side ends it; the coroutine runs detached on the socket's
// executor. `service` stays alive as long as it.
std::shared_ptr<ApiConnection> serve_connection(TcpSocket socket, std::shared_ptr<ApiService> service);

}  // namespace meshdrill::lab
