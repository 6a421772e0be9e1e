// The bytes to and from an API server: connected, through a proxy if need be, and TLS done. For whoever
// speaks something of their own over it; plain requests go through Client. Includes Beast, so include it in
// few places.
#pragma once

#include "base/async.hpp"
#include "kube/connection.hpp"
#include "kube/http_failure.hpp"
#include "kube/tls_context.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl.hpp>

namespace meshdrill::kube {

using PlainStream = boost::beast::basic_stream<asio::ip::tcp, Executor>;
using TlsStream = boost::beast::ssl_stream<PlainStream>;

struct ApiStream {
  std::variant<PlainStream, TlsStream> stream;
  std::string host;     // of the Host header
  std::string address;  // for messages: "192.0.2.1:6443 (api.example.org)"
};

// Resolves, connects to the addresses in turn, and shakes hands; with a proxy, to it first. `tls` may be null
// for a plain connection. Failures are of Stage::connect and name the address and the cause. `connection`
// must outlive the call.
Task<HttpResult<ApiStream>> open_api_stream(Executor executor, const Connection& connection, TlsContext tls,
                                            Clock::time_point deadline);

// TCP alone: the first address of `host` that answers, and its name for messages.
struct TcpConnection {
  PlainStream socket;
  std::string address;
};
Task<HttpResult<TcpConnection>> connect_tcp(Executor executor, std::string host, std::uint16_t port,
                                            Clock::time_point deadline);

// What an error code says, as a failure while `doing` something.
HttpFailure stream_failure(HttpFailure::Stage stage, const error_code& error, const std::string& doing);

// "api.example.org:6443", "[fd00::1]:6443".
std::string host_and_port(const std::string& host, std::uint16_t port);

}  // namespace meshdrill::kube
