// A proxy on loopback: CONNECT of HTTP/1.1, plain or in TLS, or SOCKS5. Whatever it is asked for, it connects
// to one server, and remembers what it was asked.
#pragma once

#include "base/async.hpp"
#include "kube/connection.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

namespace meshdrill::kube::test {

class TestProxy {
 public:
  // `tls` is needed for an https proxy: its certificate.
  TestProxy(asio::io_context& io, Proxy::Kind kind, std::uint16_t server_port,
            std::shared_ptr<asio::ssl::context> tls = nullptr);
  ~TestProxy();
  TestProxy(const TestProxy&) = delete;
  TestProxy& operator=(const TestProxy&) = delete;

  void refuse();  // from now on it connects nobody
  // "kubernetes:443", "kubernetes:443 as user:password".
  [[nodiscard]] const std::vector<std::string>& asked() const;
  // How it is reached; without a login.
  [[nodiscard]] Proxy proxy() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshdrill::kube::test
