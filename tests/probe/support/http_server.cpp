#include "probe/support/http_server.hpp"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace meshdrill::probe::testing {

using asio::ip::tcp;
namespace ssl = asio::ssl;

struct HttpServer::Tls {
  ssl::context context{ssl::context::tls_server};
};

namespace {

std::size_t body_size(const std::string& head) {
  const std::string name = "Content-Length: ";
  const auto at = head.find(name);
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
}

}  // namespace

std::string ok_answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string hello(const std::string& cluster) {
  return "Hello from Cluster " + cluster + "\n";
}

HttpServer::HttpServer(const std::string& address, std::uint16_t port, Handler handler,
                       const std::optional<KeyPair>& certificate, const std::function<void(SSL_CTX*)>& tune)
    : handler_(std::move(handler)), endpoint_(asio::ip::make_address(address), port) {
  if (certificate) {
    tls_ = std::make_unique<Tls>();
    tls_->context.use_certificate_chain(asio::buffer(certificate->certificate));
    tls_->context.use_private_key(asio::buffer(certificate->key), ssl::context::pem);
    tune(tls_->context.native_handle());
  }
  start_listening();
  port_ = endpoint_.port();
}

HttpServer::~HttpServer() {
  thread_.join();  // before the acceptor and the handler that it uses
}

void HttpServer::start_listening() {
  thread_.on_thread([this] {
    acceptor_.emplace(thread_.context(), endpoint_);
    endpoint_ = acceptor_->local_endpoint();
    asio::co_spawn(thread_.context(), accept(), asio::detached);
  });
}

void HttpServer::stop_listening() {
  thread_.on_thread([this] {
    acceptor_.reset();
    for (const auto& weak : open_) {
      const auto socket = weak.lock();
      if (!socket || !socket->is_open()) continue;
      socket->set_option(asio::socket_base::linger{true, 0});
      socket->close();
    }
    open_.clear();
  });
}

Task<> HttpServer::accept() {
  while (acceptor_) {
    auto [error, socket] = co_await acceptor_->async_accept(try_await);
    if (error) co_return;
    ++connections_;
    auto shared = std::make_shared<TcpSocket>(std::move(socket));
    open_.push_back(shared);
    asio::co_spawn(thread_.context(), serve(shared), asio::detached);
  }
}

Task<> HttpServer::serve(std::shared_ptr<TcpSocket> socket) {
  TcpSocket& plain = *socket;
  if (!tls_) {
    co_await answer(plain, socket);
    co_return;
  }
  ssl::stream<TcpSocket&> stream{plain, tls_->context};
  auto [error] = co_await stream.async_handshake(ssl::stream_base::server, try_await);
  if (error) co_return;
  co_await answer(stream, socket);
}

template <class Stream>
Task<> HttpServer::answer(Stream& stream, std::shared_ptr<TcpSocket> socket) {
  std::string request;
  Timer timer{thread_.context()};
  while (true) {
    auto buffer = asio::dynamic_buffer(request);
    auto [error, length] = co_await asio::async_read_until(stream, buffer, "\r\n\r\n", try_await);
    if (error) co_return;
    const std::size_t body = body_size(request.substr(0, length));
    if (request.size() < length + body) {
      const auto rest = asio::transfer_exactly(length + body - request.size());
      auto [cut_short, count] = co_await asio::async_read(stream, buffer, rest, try_await);
      if (cut_short) co_return;
    }
    length += body;
    ++requests_;
    const Reply reply = handler_(request.substr(0, length));
    request.erase(0, length);
    if (reply.delay > Duration::zero()) {
      timer.expires_after(reply.delay);
      co_await timer.async_wait(try_await);
    }
    const std::size_t step = reply.pace > Duration::zero() ? 1 : std::max<std::size_t>(reply.bytes.size(), 1);
    for (std::size_t sent = 0; sent < reply.bytes.size(); sent += step) {
      const asio::const_buffer bytes = asio::buffer(reply.bytes.data() + sent, step);
      auto [lost, count] = co_await asio::async_write(stream, bytes, try_await);
      if (lost) co_return;
      if (reply.pace == Duration::zero()) break;
      timer.expires_after(reply.pace);
      co_await timer.async_wait(try_await);
    }
    if (reply.then == Reply::Then::hang) {
      timer.expires_at(Clock::time_point::max());
      co_await timer.async_wait(try_await);
    }
    if (reply.then == Reply::Then::reset) socket->set_option(asio::socket_base::linger{true, 0});
    if (reply.then != Reply::Then::keep) {
      socket->close();
      co_return;
    }
  }
}

SilentListener::SilentListener(const std::string& address) : acceptor_(context_) {
  acceptor_.open(tcp::v4());
  acceptor_.bind({asio::ip::make_address(address), 0});
  acceptor_.listen(0);
  const tcp::endpoint endpoint = acceptor_.local_endpoint();
  port_ = endpoint.port();
  // Linux drops SYNs once the accept queue holds more than the backlog; nobody accepts, so it stays full.
  for (int i = 0; i < 4; ++i) {
    TcpSocket& filler = fillers_.emplace_back(context_);
    filler.open(tcp::v4());
    filler.async_connect(endpoint, [](const error_code&) {});  // never waited for: it would take minutes
  }
}

SilentListener::~SilentListener() = default;

void SilentListener::make_room() {
  acceptor_.listen(128);
}

std::uint16_t free_port(const std::string& address) {
  asio::io_context context;
  const TcpAcceptor acceptor{context, {asio::ip::make_address(address), 0}};
  return acceptor.local_endpoint().port();
}

}  // namespace meshdrill::probe::testing
