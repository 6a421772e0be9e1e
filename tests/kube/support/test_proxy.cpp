#include "kube/support/test_proxy.hpp"

#include "base/base64.hpp"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace meshdrill::kube::test {

using asio::ip::tcp;
using TlsSocket = asio::ssl::stream<TcpSocket>;

struct TestProxy::State {
  State(asio::io_context& io, Proxy::Kind of_kind, std::uint16_t to, std::shared_ptr<asio::ssl::context> with)
      : executor(io.get_executor()),
        kind(of_kind),
        server_port(to),
        tls(std::move(with)),
        acceptor(executor, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {}

  Executor executor;
  Proxy::Kind kind;
  std::uint16_t server_port;
  std::shared_ptr<asio::ssl::context> tls;
  TcpAcceptor acceptor;
  bool refusing = false;
  std::vector<std::string> asked;
};

namespace {

template <class Stream>
struct Pair {
  Pair(Stream to_client, TcpSocket to_server) : client(std::move(to_client)), server(std::move(to_server)) {}

  void end() {
    error_code ignored;
    client.lowest_layer().close(ignored);
    server.close(ignored);
  }

  Stream client;
  TcpSocket server;
};

template <class Both, class From, class To>
Task<> hand_on(std::shared_ptr<Both> both, From& from, To& to) {
  std::string buffer(4096, '\0');
  while (true) {
    const auto [error, count] = co_await from.async_read_some(asio::buffer(buffer), try_await);
    if (error) break;
    const auto [failed, sent] = co_await asio::async_write(to, asio::buffer(buffer.data(), count), try_await);
    if (failed) break;
  }
  both->end();
}

template <class Stream>
void join(Executor executor, Stream client, TcpSocket server) {
  const auto both = std::make_shared<Pair<Stream>>(std::move(client), std::move(server));
  asio::co_spawn(executor, hand_on(both, both->client, both->server), asio::detached);
  asio::co_spawn(executor, hand_on(both, both->server, both->client), asio::detached);
}

// "host:port", with the login if there is one.
std::string read_connect(const std::string& head) {
  std::string asked = head.substr(8, head.find(' ', 8) - 8);
  const std::string login = "Proxy-Authorization: Basic ";
  if (const auto at = head.find(login); at != std::string::npos) {
    const auto start = at + login.size();
    asked += " as " + decode_base64(head.substr(start, head.find("\r\n", start) - start)).value_or("?");
  }
  return asked;
}

template <class State>
Task<TcpSocket> connect(const std::shared_ptr<State>& state) {
  TcpSocket server(state->executor);
  const tcp::endpoint endpoint(asio::ip::make_address("127.0.0.1"), state->server_port);
  const auto [error] = co_await server.async_connect(endpoint, try_await);
  static_cast<void>(error);
  co_return server;
}

template <class State, class Stream>
Task<> serve_http(std::shared_ptr<State> state, Stream client) {
  std::string head;
  auto into = asio::dynamic_buffer(head);
  const auto [error, size] = co_await asio::async_read_until(client, into, "\r\n\r\n", try_await);
  if (error) co_return;
  state->asked.push_back(read_connect(head));
  const std::string answer = state->refusing ? "HTTP/1.1 403 Forbidden by\x1b policy\r\n\r\n"
                                             : "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n";
  const auto [failed, sent] = co_await asio::async_write(client, asio::buffer(answer), try_await);
  if (failed || state->refusing) co_return;
  TcpSocket server = co_await connect(state);
  join(state->executor, std::move(client), std::move(server));
}

Task<std::string> read_bytes(TcpSocket& client, std::size_t count) {
  std::string bytes(count, '\0');
  const auto [error, size] = co_await asio::async_read(client, asio::buffer(bytes), try_await);
  if (error) bytes.clear();
  co_return bytes;
}

// One length byte and as many after it.
Task<std::string> read_counted(TcpSocket& client) {
  const std::string length = co_await read_bytes(client, 1);
  const std::size_t count = length.empty() ? 0 : static_cast<unsigned char>(length.front());
  co_return co_await read_bytes(client, count);
}

template <class State>
Task<> serve_socks(std::shared_ptr<State> state, TcpSocket client) {
  const std::string version = co_await read_bytes(client, 1);
  const std::string methods = co_await read_counted(client);
  const bool login = methods.find('\x02') != std::string::npos;
  const std::string method = login ? std::string("\x05\x02") : std::string("\x05\x00", 2);
  const auto [one, sent_method] = co_await asio::async_write(client, asio::buffer(method), try_await);
  if (one) co_return;
  std::string names;
  if (login) {
    const std::string login_version = co_await read_bytes(client, 1);
    const std::string user = co_await read_counted(client);
    const std::string password = co_await read_counted(client);
    names = " as " + user + ':' + password;
    const std::string welcome("\x01\x00", 2);
    const auto [two, sent_welcome] = co_await asio::async_write(client, asio::buffer(welcome), try_await);
    if (two) co_return;
  }
  const std::string request = co_await read_bytes(client, 4);
  std::string host;
  if (request.ends_with('\x03')) {
    host = co_await read_counted(client);
  } else {
    host = co_await read_bytes(client, 4);
    host = fmt::format("IPv4 address of {} bytes", host.size());
  }
  const std::string port = co_await read_bytes(client, 2);
  if (port.empty()) co_return;
  const int number = static_cast<unsigned char>(port[0]) * 256 + static_cast<unsigned char>(port[1]);
  state->asked.push_back(fmt::format("{}:{}{}", host, number, names));
  std::string reply(
      "\x05\x00\x00\x03\x03"
      "abc\x12\x34",
      10);
  if (state->refusing) reply[1] = '\x02';
  const auto [three, sent_reply] = co_await asio::async_write(client, asio::buffer(reply), try_await);
  if (three || state->refusing) co_return;
  TcpSocket server = co_await connect(state);
  join(state->executor, std::move(client), std::move(server));
}

template <class State>
Task<> serve_tls(std::shared_ptr<State> state, TcpSocket client) {
  TlsSocket stream(std::move(client), *state->tls);
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, try_await);
  if (error) co_return;
  co_await serve_http(state, std::move(stream));
}

template <class State>
void start(const std::shared_ptr<State>& state, TcpSocket client) {
  switch (state->kind) {
    case Proxy::Kind::http:
      return asio::co_spawn(state->executor, serve_http(state, std::move(client)), asio::detached);
    case Proxy::Kind::https:
      return asio::co_spawn(state->executor, serve_tls(state, std::move(client)), asio::detached);
    case Proxy::Kind::socks5:
      return asio::co_spawn(state->executor, serve_socks(state, std::move(client)), asio::detached);
  }
}

template <class State>
Task<> listen(std::shared_ptr<State> state) {
  while (true) {
    auto [error, client] = co_await state->acceptor.async_accept(try_await);
    if (error) co_return;
    start(state, std::move(client));
  }
}

}  // namespace

TestProxy::TestProxy(asio::io_context& io, Proxy::Kind kind, std::uint16_t server_port,
                     std::shared_ptr<asio::ssl::context> tls)
    : state_(std::make_shared<State>(io, kind, server_port, std::move(tls))) {
  asio::co_spawn(state_->executor, listen(state_), asio::detached);
}

TestProxy::~TestProxy() {
  error_code ignored;
  state_->acceptor.close(ignored);
}

void TestProxy::refuse() {
  state_->refusing = true;
}

const std::vector<std::string>& TestProxy::asked() const {
  return state_->asked;
}

Proxy TestProxy::proxy() const {
  Proxy proxy;
  proxy.kind = state_->kind;
  proxy.host = "127.0.0.1";
  proxy.port = state_->acceptor.local_endpoint().port();
  return proxy;
}

}  // namespace meshdrill::kube::test
