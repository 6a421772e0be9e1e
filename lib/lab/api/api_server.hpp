// Serves one cluster's Kubernetes API over HTTPS: TLS 1.2 or newer, clients known by certificate or bearer
// token, everyone else answered 401. Lives on one io_context's one thread.
#pragma once

#include "base/async.hpp"
#include "base/certificates.hpp"
#include "base/result.hpp"
#include "lab/api/api_faults.hpp"
#include "lab/api/api_handler.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace meshdrill::lab {

struct ApiServerConfig {
  asio::ip::tcp::endpoint endpoint;       // port 0: any free one
  KeyPair certificate;                    // the server's, with the endpoint's address among its names
  std::string client_authority;           // PEM: who signs the clients' certificates
  std::map<std::string, ApiUser> tokens;  // secret: bearer token → user
  ApiHandlerConfig handler;
};

class ApiServer {
 public:
  // `store` must outlive the server and, after stop(), the last run of the executor's context.
  ApiServer(Executor executor, ApiServerConfig config, ObjectStore& store);
  ~ApiServer();  // stops it
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Binds and listens; connections are served once the context runs.
  Result<> start();
  // Closes the listener and every connection. Their coroutines end when the context runs next.
  void stop();

  // Ends the watches that are open with 410 Gone, as when a real server's history was compacted.
  void expire_watches();

  // How far the clock that its answers show (the header Date) is ahead.
  void set_clock_skew(Duration ahead);

  [[nodiscard]] std::uint16_t port() const;  // valid once started
  [[nodiscard]] ApiFaults& faults();
  [[nodiscard]] ApiHandler& handler();  // its access() are the rules of this cluster
  [[nodiscard]] std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshdrill::lab
