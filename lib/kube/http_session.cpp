#include "kube/http_session.hpp"

#include "base/text.hpp"
#include "kube/resolve.hpp"

#include <charconv>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/ssl.hpp>
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
using PlainStream = beast::basic_stream<tcp, Executor>;
using TlsStream = beast::ssl_stream<PlainStream>;

constexpr std::uint32_t header_limit = 64 * 1024;
constexpr std::size_t piece_size = std::size_t{16} * 1024;

std::string host_and_port(const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

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

HttpFailure failure(Stage stage, const error_code& error, const std::string& doing) {
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

// Retry-After in seconds; the form with a date is not used by the API.
std::optional<Duration> read_retry_after(std::string_view text) {
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds{seconds};
}

std::string serialise(const HttpRequest& request, const std::string& host) {
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: meshdrill\r\nAccept: application/json\r\n",
                  request.verb, request.target, host);
  if (!request.bearer_token.empty()) text += "Authorization: Bearer " + request.bearer_token + "\r\n";
  if (!request.content_type.empty())
    text +=
        fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", request.content_type, request.body.size());
  return text + "\r\n" + request.body;
}

template <class Stream>
class Session final : public HttpSession {
 public:
  Session(Stream stream, std::string host, std::string address)
      : stream_(std::move(stream)), host_(std::move(host)), address_(std::move(address)) {}

  Task<HttpResult<void>> send(const HttpRequest& request, Clock::time_point deadline) override {
    const std::string text = serialise(request, host_);
    socket().expires_at(deadline);
    const auto [error, sent] = co_await asio::async_write(stream_, asio::buffer(text), try_await);
    if (error) co_return tl::unexpected(failure(Stage::write, error, "sending to " + address_));
    co_return HttpResult<void>();
  }

  Task<HttpResult<ResponseHead>> read_head(Clock::time_point deadline) override {
    parser_.emplace();
    parser_->header_limit(header_limit);
    parser_->body_limit(boost::none);  // the caller's concern: a watch has no end
    socket().expires_at(deadline);
    const auto [error, count] = co_await http::async_read_header(stream_, buffer_, *parser_, try_await);
    if (error) co_return tl::unexpected(failure(Stage::read, error, "waiting for the answer of " + address_));
    ResponseHead head;
    head.status = static_cast<int>(parser_->get().result_int());
    head.retry_after = read_retry_after(parser_->get()[http::field::retry_after]);
    co_return head;
  }

  Task<HttpResult<std::string>> read_body(Clock::time_point deadline) override {
    std::string piece;
    while (piece.empty() && !parser_->is_done()) {
      piece.resize(piece_size);
      auto& body = parser_->get().body();
      body.data = piece.data();
      body.size = piece.size();
      body.more = true;
      socket().expires_at(deadline);
      auto [error, count] = co_await http::async_read_some(stream_, buffer_, *parser_, try_await);
      if (error == http::error::need_buffer) error = {};
      // Some servers end TLS without close_notify; the parser knows whether the body was whole.
      if (error == asio::ssl::error::stream_truncated && parser_->is_done()) error = {};
      if (error) co_return tl::unexpected(failure(Stage::read, error, "reading the answer of " + address_));
      piece.resize(piece_size - parser_->get().body().size);
    }
    co_return piece;
  }

  bool reusable() override {
    if (!parser_ || !parser_->is_done() || !parser_->keep_alive() || buffer_.size() != 0) return false;
    char byte = 0;
    const auto peeked = ::recv(socket().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return peeked < 0 && errno == EAGAIN;
  }

 private:
  PlainStream& socket() { return beast::get_lowest_layer(stream_); }

  Stream stream_;
  std::string host_;     // of the Host header
  std::string address_;  // for messages
  beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::buffer_body>> parser_;
};

// What OpenSSL found wrong with the server's certificate says more than the error of the handshake.
std::string handshake_problem(TlsStream& stream, const std::string& identity) {
  const long verified = SSL_get_verify_result(stream.native_handle());
  if (verified == X509_V_OK) return {};
  return fmt::format("the server's certificate is refused (checked for {}): {}", identity,
                     X509_verify_cert_error_string(verified));
}

Task<HttpResult<std::unique_ptr<HttpSession>>> shake_hands(PlainStream socket, const Connection& connection,
                                                           TlsContext tls, std::string address,
                                                           Clock::time_point deadline) {
  TlsStream stream(std::move(socket), *tls);
  if (auto expected = expect_identity(stream.native_handle(), connection); !expected)
    co_return tl::unexpected(HttpFailure{.message = expected.error().message});
  beast::get_lowest_layer(stream).expires_at(deadline);
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, try_await);
  if (error) {
    HttpFailure failed = failure(Stage::connect, error, "TLS handshake with " + address);
    const std::string problem = handshake_problem(stream, server_identity(connection));
    if (failed.cause == Cause::broken && !problem.empty())
      failed.message = "TLS handshake with " + address + ": " + problem;
    co_return tl::unexpected(std::move(failed));
  }
  std::unique_ptr<HttpSession> session = std::make_unique<Session<TlsStream>>(
      std::move(stream), host_and_port(connection.host, connection.port), address);
  co_return std::move(session);
}

}  // namespace

Task<HttpResult<std::unique_ptr<HttpSession>>> open_session(Executor executor, const Connection& connection,
                                                            TlsContext tls, Clock::time_point deadline) {
  const std::string server = host_and_port(connection.host, connection.port);
  const Resolution resolution = co_await resolve_host(executor, connection.host, connection.port, deadline);
  HttpFailure failed;
  failed.message = fmt::format("cannot resolve {}: {}", connection.host, resolution.problem);
  failed.cause = resolution.timed_out ? Cause::timeout : Cause::broken;
  auto left = static_cast<int>(resolution.endpoints.size());
  for (const tcp::endpoint& endpoint : resolution.endpoints) {
    PlainStream socket(executor);
    // An address that swallows packets must leave time for the next one.
    const auto now = Clock::now();
    socket.expires_at(now + (deadline - now) / left--);
    std::string address = host_and_port(endpoint.address().to_string(), endpoint.port());
    if (address != server) address += " (" + connection.host + ")";
    const auto [error] = co_await socket.async_connect(endpoint, try_await);
    if (error) {
      failed = failure(Stage::connect, error, "cannot connect to " + address);
      if (failed.cause == Cause::cancelled) break;
      continue;
    }
    tune(socket.socket().native_handle());
    if (tls) {
      co_return co_await shake_hands(std::move(socket), connection, tls, address, deadline);
    }
    std::unique_ptr<HttpSession> session =
        std::make_unique<Session<PlainStream>>(std::move(socket), server, std::move(address));
    co_return std::move(session);
  }
  co_return tl::unexpected(std::move(failed));
}

}  // namespace meshdrill::kube
