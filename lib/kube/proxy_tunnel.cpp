#include "kube/proxy_tunnel.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"
#include "kube/proxy.hpp"

#include <array>
#include <fcntl.h>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {

namespace {

namespace beast = boost::beast;
using asio::ip::tcp;
using Stage = HttpFailure::Stage;
using LocalSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

constexpr std::size_t head_limit = std::size_t{16} * 1024;

HttpFailure refused(const Proxy& proxy, const std::string& why) {
  return HttpFailure{.stage = Stage::connect,
                     .cause = HttpFailure::Cause::broken,
                     .message = "the proxy " + to_string(proxy) + ' ' + why};
}

HttpFailure broken(const Proxy& proxy, const error_code& error) {
  return stream_failure(Stage::connect, error, "asking the proxy " + to_string(proxy));
}

// CONNECT of RFC 9110. The server says nothing before we do, so nothing of it can follow the proxy's head.
template <class Stream>
Task<HttpResult<void>> ask_http(Stream& stream, const Connection& connection) {
  const Proxy& proxy = *connection.proxy;
  const std::string server = host_and_port(connection.host, connection.port);
  std::string request =
      fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: meshdrill\r\n", server, server);
  if (!proxy.username.empty())
    request += "Proxy-Authorization: Basic " + encode_base64(proxy.username + ':' + proxy.password) + "\r\n";
  request += "\r\n";
  const auto [not_sent, sent] = co_await asio::async_write(stream, asio::buffer(request), try_await);
  if (not_sent) co_return tl::unexpected(broken(proxy, not_sent));
  std::string head;
  auto into = asio::dynamic_buffer(head, head_limit);
  const auto [error, size] = co_await asio::async_read_until(stream, into, "\r\n\r\n", try_await);
  if (error) co_return tl::unexpected(broken(proxy, error));
  const std::string status = head.substr(0, head.find("\r\n"));
  if (status.starts_with("HTTP/1.1 200") || status.starts_with("HTTP/1.0 200")) co_return HttpResult<void>();
  co_return tl::unexpected(
      refused(proxy, fmt::format("does not connect to {}: {}", server, printable(status.substr(0, 200)))));
}

std::string byte(std::size_t value) {
  return std::string(1, static_cast<char>(static_cast<unsigned char>(value)));
}

// Method, login and request of SOCKS5 (RFC 1928, 1929). A name is left to the proxy to resolve.
std::string socks_request(const Connection& connection) {
  std::string request{"\x05\x01\x00", 3};
  error_code not_an_address;
  const auto address = asio::ip::make_address(connection.host, not_an_address);
  if (not_an_address) {
    request += byte(3) + byte(connection.host.size()) + connection.host;
  } else if (address.is_v4()) {
    request += byte(1);
    for (const unsigned char part : address.to_v4().to_bytes()) request += byte(part);
  } else {
    request += byte(4);
    for (const unsigned char part : address.to_v6().to_bytes()) request += byte(part);
  }
  return request + byte(connection.port >> 8U) + byte(connection.port & 0xFFU);
}

const char* socks_problem(unsigned char reply) {
  static constexpr std::array problems = {"general failure",       "not allowed by its rules",
                                          "network unreachable",   "host unreachable",
                                          "connection refused",    "time to live expired",
                                          "command not supported", "address type not supported"};
  return reply >= 1 && reply <= problems.size() ? problems[reply - 1U] : "an unknown reason";
}

// Sends `text` and reads `count` bytes.
Task<HttpResult<std::string>> exchange(PlainStream& socket, const Proxy& proxy, std::string text,
                                       std::size_t count) {
  const auto [not_sent, sent] = co_await asio::async_write(socket, asio::buffer(text), try_await);
  if (not_sent) co_return tl::unexpected(broken(proxy, not_sent));
  std::string answer(count, '\0');
  const auto [error, size] = co_await asio::async_read(socket, asio::buffer(answer), try_await);
  if (error) co_return tl::unexpected(broken(proxy, error));
  co_return answer;
}

Task<HttpResult<void>> log_in_to_socks(PlainStream& socket, const Proxy& proxy) {
  const bool login = !proxy.username.empty();
  std::string hello = login ? std::string("\x05\x02\x00\x02", 4) : std::string("\x05\x01\x00", 3);
  HttpResult<std::string> method = co_await exchange(socket, proxy, std::move(hello), 2);
  if (!method) co_return tl::unexpected(method.error());
  if (method->front() != 5) co_return tl::unexpected(refused(proxy, "does not speak SOCKS5"));
  if (method->back() == 0) co_return HttpResult<void>();
  if (method->back() != 2 || !login) co_return tl::unexpected(refused(proxy, "wants another login"));
  std::string names =
      byte(1) + byte(proxy.username.size()) + proxy.username + byte(proxy.password.size()) + proxy.password;
  HttpResult<std::string> logged_in = co_await exchange(socket, proxy, std::move(names), 2);
  if (!logged_in) co_return tl::unexpected(logged_in.error());
  if (logged_in->back() != 0) co_return tl::unexpected(refused(proxy, "refuses the user or the password"));
  co_return HttpResult<void>();
}

Task<HttpResult<void>> ask_socks(PlainStream& socket, const Connection& connection) {
  const Proxy& proxy = *connection.proxy;
  if (connection.host.size() > 255 || proxy.username.size() > 255 || proxy.password.size() > 255)
    co_return tl::unexpected(refused(proxy, "is not asked: a name is longer than SOCKS5 allows"));
  HttpResult<void> logged_in = co_await log_in_to_socks(socket, proxy);
  if (!logged_in) co_return logged_in;
  std::string request = socks_request(connection);
  HttpResult<std::string> answer = co_await exchange(socket, proxy, std::move(request), 5);
  if (!answer) co_return tl::unexpected(answer.error());
  const auto reply = static_cast<unsigned char>(answer->at(1));
  if (reply != 0)
    co_return tl::unexpected(
        refused(proxy, fmt::format("does not connect to {}: {}",
                                   host_and_port(connection.host, connection.port), socks_problem(reply))));
  // The address that the proxy connected from: 4 or 16 bytes or a name, then the port. One byte is read.
  const auto kind = answer->at(3);
  std::size_t rest = 3 + 2;
  if (kind == 4) rest = 15 + 2;
  if (kind == 3) rest = static_cast<unsigned char>(answer->at(4)) + std::size_t{2};
  HttpResult<std::string> tail = co_await exchange(socket, proxy, std::string(), rest);
  if (!tail) co_return tl::unexpected(tail.error());
  co_return HttpResult<void>();
}

// TLS inside TLS: what comes out of the proxy's TLS is handed on through a pair of sockets, so that the rest
// of us sees one socket, as ever.
struct Relay {
  Relay(TlsStream to_proxy, LocalSocket to_us) : proxy(std::move(to_proxy)), local(std::move(to_us)) {}

  void end() {
    error_code ignored;
    beast::get_lowest_layer(proxy).socket().close(ignored);
    local.close(ignored);
  }

  TlsStream proxy;
  LocalSocket local;
};

template <class From, class To>
Task<> hand_on(std::shared_ptr<Relay> relay, From& from, To& to) {
  std::string buffer(std::size_t{16} * 1024, '\0');
  while (true) {
    const auto [error, count] = co_await from.async_read_some(asio::buffer(buffer), try_await);
    if (error) break;
    const auto [failed, sent] = co_await asio::async_write(to, asio::buffer(buffer.data(), count), try_await);
    if (failed) break;
  }
  relay->end();
}

// The end of a pair of sockets that leads through `stream`.
HttpResult<PlainStream> relay_through(Executor executor, TlsStream stream, const Proxy& proxy) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return tl::unexpected(refused(proxy, "cannot be used: there is no pair of sockets to be had"));
  beast::get_lowest_layer(stream).expires_never();
  LocalSocket local(executor, asio::local::stream_protocol(), ends[0]);
  PlainStream ours(executor);
  // To those who use it, it is a socket like any other.
  ours.socket().assign(tcp::v4(), ends[1]);
  const auto relay = std::make_shared<Relay>(std::move(stream), std::move(local));
  asio::co_spawn(executor, hand_on(relay, relay->proxy, relay->local), asio::detached);
  asio::co_spawn(executor, hand_on(relay, relay->local, relay->proxy), asio::detached);
  return ours;
}

Task<HttpResult<PlainStream>> open_https_tunnel(Executor executor, PlainStream socket,
                                                const Connection& connection, TlsContext tls) {
  const Proxy& proxy = *connection.proxy;
  if (!tls) co_return tl::unexpected(refused(proxy, "speaks TLS, and the API server plain http"));
  TlsStream stream(std::move(socket), *tls);
  if (auto expected = expect_identity(stream.native_handle(), proxy.host); !expected)
    co_return tl::unexpected(HttpFailure{.message = expected.error().message});
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, try_await);
  if (error)
    co_return tl::unexpected(
        stream_failure(Stage::connect, error, "TLS handshake with the proxy " + to_string(proxy)));
  HttpResult<void> asked = co_await ask_http(stream, connection);
  if (!asked) co_return tl::unexpected(asked.error());
  co_return relay_through(executor, std::move(stream), proxy);
}

}  // namespace

Task<HttpResult<TcpConnection>> open_tunnel(Executor executor, const Connection& connection, TlsContext tls,
                                            Clock::time_point deadline) {
  const Proxy& proxy = *connection.proxy;
  HttpResult<TcpConnection> reached = co_await connect_tcp(executor, proxy.host, proxy.port, deadline);
  if (!reached) {
    reached.error().message = "the proxy " + to_string(proxy) + ": " + reached.error().message;
    co_return tl::unexpected(reached.error());
  }
  PlainStream& socket = reached->socket;
  socket.expires_at(deadline);
  std::string address = fmt::format("{} through the proxy {}",
                                    host_and_port(connection.host, connection.port), to_string(proxy));
  if (proxy.kind == Proxy::Kind::https) {
    HttpResult<PlainStream> tunnel = co_await open_https_tunnel(executor, std::move(socket), connection, tls);
    if (!tunnel) co_return tl::unexpected(tunnel.error());
    co_return TcpConnection{std::move(*tunnel), std::move(address)};
  }
  HttpResult<void> asked;
  if (proxy.kind == Proxy::Kind::http) {
    asked = co_await ask_http(socket, connection);
  } else {
    asked = co_await ask_socks(socket, connection);
  }
  if (!asked) co_return tl::unexpected(asked.error());
  co_return TcpConnection{std::move(socket), std::move(address)};
}

}  // namespace meshdrill::kube
