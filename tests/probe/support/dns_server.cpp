#include "probe/support/dns_server.hpp"

#include <array>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace meshdrill::probe::testing {
namespace {

using asio::ip::tcp;
using asio::ip::udp;

void put16(std::string& to, unsigned value) {
  to += static_cast<char>(value >> 8 & 0xff);
  to += static_cast<char>(value & 0xff);
}

void put_name(std::string& to, const std::string& name) {
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    to += static_cast<char>(end - begin);
    to += name.substr(begin, end - begin);
    begin = end + 1;
  }
  to += '\0';
}

void put_record(std::string& to, const DnsReply::Record& record) {
  std::string data;
  unsigned type = 5;
  if (!record.name_server.empty()) {
    type = 2;
    put_name(data, record.name_server);
  } else if (record.alias.empty()) {
    const auto address = asio::ip::make_address(record.address);
    type = address.is_v4() ? 1 : 28;
    if (address.is_v4()) {
      for (const auto byte : address.to_v4().to_bytes()) data += static_cast<char>(byte);
    } else {
      for (const auto byte : address.to_v6().to_bytes()) data += static_cast<char>(byte);
    }
  } else {
    put_name(data, record.alias);
  }
  put_name(to, record.owner);
  put16(to, type);
  put16(to, 1);
  put16(to, record.ttl >> 16);
  put16(to, record.ttl & 0xffff);
  put16(to, static_cast<unsigned>(data.size()));
  to += data;
}

}  // namespace

DnsReply addresses(const std::string& name, int type, const std::vector<std::string>& addresses) {
  DnsReply reply;
  for (const std::string& address : addresses) {
    const bool v4 = address.find(':') == std::string::npos;
    if (v4 == (type == 1)) reply.records.push_back({name, address, "", 30});
  }
  return reply;
}

DnsServer::DnsServer(Handler handler) : handler_(std::move(handler)) {
  thread_.on_thread([this] {
    const auto loopback = asio::ip::make_address("127.0.0.1");
    // The port has to be free for both; the next one is tried when UDP's is taken.
    while (!socket_) {
      acceptor_.emplace(thread_.context(), tcp::endpoint{loopback, 0});
      try {
        socket_.emplace(thread_.context(), udp::endpoint{loopback, acceptor_->local_endpoint().port()});
      } catch (const boost::system::system_error&) {
        acceptor_.reset();
      }
    }
    asio::co_spawn(thread_.context(), serve_udp(), asio::detached);
    asio::co_spawn(thread_.context(), accept_tcp(), asio::detached);
  });
}

DnsServer::~DnsServer() {
  thread_.join();
}

std::string DnsServer::server() const {
  return "127.0.0.1:" + std::to_string(acceptor_->local_endpoint().port());
}

std::string DnsServer::answer(const std::string& query, bool udp) {
  std::string name;
  std::size_t at = 12;
  while (query.at(at) != '\0') {
    const auto length = static_cast<std::size_t>(query[at]);
    if (!name.empty()) name += '.';
    name += query.substr(at + 1, length);
    at += length + 1;
  }
  const int type = static_cast<unsigned char>(query.at(at + 2));
  const DnsReply reply = handler_(name, type);
  if ((query.at(2) & 1) != 0) ++recursive_;
  if (reply.silent || (!udp && reply.silent_over_tcp)) return {};
  if (reply.garbage) return query.substr(0, 2) + "\x84";
  const bool cut = udp && reply.truncated_over_udp;
  std::string message = query.substr(0, 2);
  put16(message, 0x8400U | (cut ? 0x0200U : 0U) | reply.code);
  put16(message, 1);
  put16(message, cut ? 0 : static_cast<unsigned>(reply.records.size()));
  put16(message, 0);
  put16(message, 0);
  message += query.substr(12, at + 5 - 12);
  if (cut) return message;
  for (const auto& record : reply.records) put_record(message, record);
  return message;
}

Task<> DnsServer::serve_udp() {
  std::array<char, 1500> bytes{};
  while (true) {
    udp::endpoint peer;
    const asio::mutable_buffer space = asio::buffer(bytes);
    auto [error, count] = co_await socket_->async_receive_from(space, peer, try_await);
    if (error == asio::error::operation_aborted) co_return;
    if (error) continue;
    ++over_udp_;
    client_ports_.insert(peer.port());
    clients_ = client_ports_.size();
    const std::string message = answer(std::string(bytes.data(), count), true);
    if (message.empty()) continue;
    const asio::const_buffer out = asio::buffer(message);
    co_await socket_->async_send_to(out, peer, try_await);
  }
}

Task<> DnsServer::accept_tcp() {
  while (true) {
    auto [error, socket] = co_await acceptor_->async_accept(try_await);
    if (error) co_return;
    asio::co_spawn(thread_.context(), serve_tcp(std::move(socket)), asio::detached);
  }
}

Task<> DnsServer::serve_tcp(TcpSocket socket) {
  while (true) {
    std::string length(2, '\0');
    const asio::mutable_buffer head = asio::buffer(length);
    auto [head_error, head_count] = co_await asio::async_read(socket, head, try_await);
    if (head_error) co_return;
    std::string query(static_cast<std::size_t>(static_cast<unsigned char>(length[0]) << 8 |
                                               static_cast<unsigned char>(length[1])),
                      '\0');
    const asio::mutable_buffer body = asio::buffer(query);
    auto [error, count] = co_await asio::async_read(socket, body, try_await);
    if (error) co_return;
    ++over_tcp_;
    const std::string message = answer(query, false);
    if (message.empty()) continue;
    std::string framed;
    put16(framed, static_cast<unsigned>(message.size()));
    framed += message;
    const asio::const_buffer out = asio::buffer(framed);
    co_await asio::async_write(socket, out, try_await);
  }
}

}  // namespace meshdrill::probe::testing
