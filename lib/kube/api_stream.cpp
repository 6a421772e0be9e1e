#include "kube/api_stream.hpp"

#include "base/text.hpp"
#include "kube/proxy_tunnel.hpp"
#include "kube/resolve.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace meshdrill::kube {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Stage = HttpFailure::Stage;
using Cause = HttpFailure::Cause;

// A peer that vanished is found out within half a minute, also while nothing is sent.
void tune(int socket) {
  const auto set = [socket](int level, int name, int value) {
    ::setsockopt(socket, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

// The peer's alerts about *our* certificate. With TLS 1.3 they come only after our handshake is done, in
// place of the first answer; the server has then taken no request, so it is a connection that failed.
bool refuses_our_certificate(const error_code& error) {
  if (error.category() != asio::error::get_ssl_category()) return false;
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

// What OpenSSL found wrong with the server's certificate says more than the error of the handshake.
std::string handshake_problem(TlsStream& stream, const std::string& identity) {
  const long verified = SSL_get_verify_result(stream.native_handle());
  if (verified == X509_V_OK) return {};
  return fmt::format("the server's certificate is refused (checked for {}): {}", identity,
                     X509_verify_cert_error_string(verified));
}

// The API server's address, or the proxy's, as far as TCP and the proxy's own handshake go.
Task<HttpResult<TcpConnection>> reach(Executor executor, const Connection& connection, TlsContext tls,
                                      Clock::time_point deadline) {
  if (connection.proxy) {
    co_return co_await open_tunnel(executor, connection, tls, deadline);
  }
  co_return co_await connect_tcp(executor, connection.host, connection.port, deadline);
}

}  // namespace

std::string host_and_port(const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

HttpFailure stream_failure(Stage stage, const error_code& error, const std::string& doing) {
  HttpFailure failed{
      .stage = stage, .cause = Cause::broken, .message = doing + ": " + printable(error.message())};
  if (error == beast::error::timeout) {
    failed.cause = Cause::timeout;
    failed.message = doing + ": timed out";
  } else if (error == asio::error::operation_aborted) {
    failed.cause = Cause::cancelled;
    failed.message = doing + ": cancelled";
  } else if (refuses_our_certificate(error)) {
    failed.stage = Stage::connect;
    failed.message = "the server refuses the client certificate: " + printable(error.message());
  } else if (error == http::error::end_of_stream || error == asio::error::eof ||
             error == asio::ssl::error::stream_truncated) {
    failed.message = doing + ": the server closed the connection";
  }
  return failed;
}

Task<HttpResult<TcpConnection>> connect_tcp(Executor executor, std::string host, std::uint16_t port,
                                            Clock::time_point deadline) {
  const std::string server = host_and_port(host, port);
  const Resolution resolution = co_await resolve_host(executor, host, port, deadline);
  HttpFailure failed;
  failed.message = fmt::format("cannot resolve {}: {}", host, resolution.problem);
  failed.cause = resolution.timed_out ? Cause::timeout : Cause::broken;
  auto left = static_cast<int>(resolution.endpoints.size());
  for (const tcp::endpoint& endpoint : resolution.endpoints) {
    PlainStream socket(executor);
    // An address that swallows packets must leave time for the next one.
    const auto now = Clock::now();
    socket.expires_at(now + (deadline - now) / left--);
    std::string address = host_and_port(endpoint.address().to_string(), endpoint.port());
    if (address != server) address += " (" + host + ")";
    const auto [error] = co_await socket.async_connect(endpoint, try_await);
    if (error) {
      failed = stream_failure(Stage::connect, error, "cannot connect to " + address);
      if (failed.cause == Cause::cancelled) break;
      continue;
    }
    tune(socket.socket().native_handle());
    co_return TcpConnection{std::move(socket), std::move(address)};
  }
  co_return tl::unexpected(std::move(failed));
}

Task<HttpResult<ApiStream>> open_api_stream(Executor executor, const Connection& connection, TlsContext tls,
                                            Clock::time_point deadline) {
  const std::string host = host_and_port(connection.host, connection.port);
  HttpResult<TcpConnection> reached = co_await reach(executor, connection, tls, deadline);
  if (!reached) co_return tl::unexpected(reached.error());
  if (!tls) co_return ApiStream{std::move(reached->socket), host, std::move(reached->address)};
  TlsStream stream(std::move(reached->socket), *tls);
  const std::string& identity = server_identity(connection);
  if (auto expected = expect_identity(stream.native_handle(), identity); !expected)
    co_return tl::unexpected(HttpFailure{.message = expected.error().message});
  beast::get_lowest_layer(stream).expires_at(deadline);
  const std::string doing = "TLS handshake with " + reached->address;
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, try_await);
  if (error) {
    HttpFailure failed = stream_failure(Stage::connect, error, doing);
    const std::string problem = handshake_problem(stream, identity);
    if (failed.cause == Cause::broken && !problem.empty()) failed.message = doing + ": " + problem;
    co_return tl::unexpected(std::move(failed));
  }
  co_return ApiStream{std::move(stream), host, std::move(reached->address)};
}

}  // namespace meshdrill::kube
