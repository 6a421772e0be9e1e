#include "lab/net/dns_server.hpp"

#include "lab/net/listening.hpp"

#include <array>
#include <set>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr auto tcp_idle_limit = std::chrono::seconds(10);
constexpr int port_attempts = 20;

struct TcpClient {
  explicit TcpClient(TcpSocket from) : socket(std::move(from)), idle(socket.get_executor()) {}

  TcpSocket socket;
  Timer idle;
};

// Closes the connection unless it is called again in time.
void arm_idle_timer(const std::shared_ptr<TcpClient>& client) {
  client->idle.expires_after(tcp_idle_limit);
  client->idle.async_wait([client](const error_code& error) {
    error_code ignored;
    if (!error) client->socket.close(ignored);
  });
}

}  // namespace

struct DnsServer::State {
  State(UdpSocket udp_socket, TcpAcceptor acceptor, DnsZone zone_)
      : udp(std::move(udp_socket)),
        tcp(std::make_shared<TcpAcceptor>(std::move(acceptor))),
        zone(std::move(zone_)) {}

  UdpSocket udp;
  std::shared_ptr<TcpAcceptor> tcp;
  DnsZone zone;
  std::set<std::shared_ptr<TcpClient>> clients;

  static Task<> serve_udp(std::shared_ptr<State> state) {
    std::array<std::uint8_t, 4096> buffer{};
    asio::ip::udp::endpoint client;
    const asio::mutable_buffer space = asio::buffer(buffer);
    while (state->udp.is_open()) {
      const auto [error, size] = co_await state->udp.async_receive_from(space, client, try_await);
      if (error) continue;  // a client's closed port, told by ICMP; or our own close, which ends the loop
      const std::vector<std::uint8_t> answer = state->zone.answer(std::span(buffer).first(size), false);
      if (answer.empty()) continue;
      const asio::const_buffer bytes = asio::buffer(answer);
      const auto [not_sent, sent] = co_await state->udp.async_send_to(bytes, client, try_await);
      static_cast<void>(not_sent);  // UDP answers may get lost
    }
  }

  static Task<> serve_tcp(std::shared_ptr<State> state, std::shared_ptr<TcpClient> client) {
    std::vector<std::uint8_t> message;
    for (;;) {
      arm_idle_timer(client);
      std::array<std::uint8_t, 2> length{};
      const asio::mutable_buffer length_space = asio::buffer(length);
      const auto [no_length, got] = co_await asio::async_read(client->socket, length_space, try_await);
      if (no_length) break;
      message.resize(std::size_t{length[0]} << 8 | length[1]);
      const asio::mutable_buffer message_space = asio::buffer(message);
      const auto [no_message, read] = co_await asio::async_read(client->socket, message_space, try_await);
      if (no_message) break;
      std::vector<std::uint8_t> answer = state->zone.answer(message, true);
      if (answer.empty()) break;
      const std::size_t size = answer.size();
      answer.insert(answer.begin(),
                    {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size & 0xff)});
      const asio::const_buffer bytes = asio::buffer(answer);
      const auto [not_sent, sent] = co_await asio::async_write(client->socket, bytes, try_await);
      if (not_sent) break;
    }
    client->idle.cancel();
    error_code ignored;
    client->socket.close(ignored);
    state->clients.erase(client);
  }
};

DnsServer::DnsServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

DnsServer::~DnsServer() {
  close();
}

Result<std::unique_ptr<DnsServer>> DnsServer::listen(Executor executor, asio::ip::address_v4 address,
                                                     std::uint16_t port, DnsZone zone) {
  error_code error;
  for (int attempt = 0; attempt < port_attempts; ++attempt) {
    auto tcp = listen_on(executor, {address, port});
    if (!tcp) {
      error = tcp.error();
      break;
    }
    UdpSocket udp(executor);
    udp.open(asio::ip::udp::v4(), error);
    if (!error) udp.bind({address, tcp->local_endpoint().port()}, error);
    if (!error) {
      auto state = std::make_shared<State>(std::move(udp), std::move(*tcp), std::move(zone));
      spawn(executor, State::serve_udp(state));
      accept_all(state->tcp, [state](TcpSocket socket) {
        auto client = std::make_shared<TcpClient>(std::move(socket));
        state->clients.insert(client);
        spawn(client->socket.get_executor(), State::serve_tcp(state, client));
      });
      return std::unique_ptr<DnsServer>(new DnsServer(std::move(state)));
    }
    if (port != 0) break;  // a free port is free for TCP; that UDP has it as well may take another try
  }
  return fail(fmt::format("DNS cannot listen on {}:{}: {}", address.to_string(), port, error.message()));
}

std::uint16_t DnsServer::port() const {
  return state_->udp.local_endpoint().port();
}

DnsZone& DnsServer::zone() {
  return state_->zone;
}

void DnsServer::close() {
  error_code ignored;
  state_->udp.close(ignored);
  state_->tcp->close(ignored);
  for (const auto& client : state_->clients) client->socket.close(ignored);
}

}  // namespace meshdrill::lab
