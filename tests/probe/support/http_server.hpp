// An HTTP server that misbehaves on request, on a loopback address of its own.
#pragma once

#include "base/certificates.hpp"
#include "probe/support/loopback_thread.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <openssl/types.h>

namespace meshdrill::probe::testing {

struct Reply {
  enum class Then { keep, close, reset, hang };

  std::string bytes;        // sent as they are
  Duration delay{};         // before the first byte
  Then then = Then::close;  // what becomes of the connection afterwards
  Duration pace{};          // between a byte and the next; 0: all at once
};

// "HTTP/1.1 200 OK" with `body` and its Content-Length.
std::string ok_answer(const std::string& body);
// The body by which `cluster` is known.
std::string hello(const std::string& cluster);

class HttpServer {
 public:
  // Called on the server's thread for each request that arrives, with the request's bytes, body included.
  using Handler = std::function<Reply(const std::string& request)>;

  // `port` 0: any that is free. With `certificate`, it speaks TLS, as `tune` has set it up.
  HttpServer(
      const std::string& address, std::uint16_t port, Handler handler,
      const std::optional<KeyPair>& certificate = std::nullopt,
      const std::function<void(SSL_CTX*)>& tune = [](SSL_CTX*) {});
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int requests() const { return requests_; }

  // Connections are refused from now on, and those that are open are reset. start_listening() undoes the
  // first half.
  void stop_listening();
  void start_listening();

 private:
  struct Tls;
  Task<> accept();
  Task<> serve(std::shared_ptr<TcpSocket> socket);
  template <class Stream>
  Task<> answer(Stream& stream, std::shared_ptr<TcpSocket> socket);

  Handler handler_;
  std::atomic<int> connections_ = 0;
  std::atomic<int> requests_ = 0;
  asio::ip::tcp::endpoint endpoint_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Tls> tls_;
  std::vector<std::weak_ptr<TcpSocket>> open_;
  LoopbackThread thread_;
  std::optional<TcpAcceptor> acceptor_;
};

// An address and port that answers no SYN: its accept queue is full.
class SilentListener {
 public:
  explicit SilentListener(const std::string& address);
  ~SilentListener();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // From now on SYNs are answered, and so are repeated ones; nobody reads what comes.
  void make_room();

 private:
  asio::io_context context_;
  TcpAcceptor acceptor_;
  std::deque<TcpSocket> fillers_;
  std::uint16_t port_ = 0;
};

// A port of `address` on which nobody listens; freed just now.
std::uint16_t free_port(const std::string& address);

}  // namespace meshdrill::probe::testing
