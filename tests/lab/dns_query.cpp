#include "lab/dns_query.hpp"

#include <stdexcept>
#include <sys/time.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace meshdrill::lab::testing {
namespace {

namespace asio = boost::asio;

template <class Endpoint>
Endpoint endpoint_of(const std::string& server) {
  const auto colon = server.rfind(':');
  return {asio::ip::make_address(server.substr(0, colon)),
          static_cast<std::uint16_t>(std::stoi(server.substr(colon + 1)))};
}

std::size_t skip_name(const std::vector<std::uint8_t>& message, std::size_t at) {
  for (;;) {
    const std::uint8_t length = message.at(at);
    if (length >= 0xc0) return at + 2;
    ++at;
    if (length == 0) return at;
    at += length;
  }
}

unsigned number(const std::vector<std::uint8_t>& message, std::size_t at) {
  return static_cast<unsigned>(message.at(at)) << 8 | message.at(at + 1);
}

std::string address_text(const std::vector<std::uint8_t>& message, std::size_t at, unsigned size) {
  if (size == 4) {
    asio::ip::address_v4::bytes_type bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = message.at(at + i);
    return asio::ip::address_v4(bytes).to_string();
  }
  asio::ip::address_v6::bytes_type bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = message.at(at + i);
  return asio::ip::address_v6(bytes).to_string();
}

}  // namespace

std::vector<std::uint8_t> make_query(const std::string& name, DnsAsk ask) {
  std::vector<std::uint8_t> message = {0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0};
  if (ask.edns != 0) message[11] = 1;
  std::size_t at = 0;
  while (at < name.size()) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    message.push_back(static_cast<std::uint8_t>(dot - at));
    message.insert(message.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
                   name.begin() + static_cast<std::ptrdiff_t>(dot));
    at = dot + 1;
  }
  const auto add = [&](unsigned value) {
    message.push_back(static_cast<std::uint8_t>(value >> 8));
    message.push_back(static_cast<std::uint8_t>(value & 0xff));
  };
  message.push_back(0);
  add(ask.type);
  add(1);
  if (ask.edns != 0) {
    message.push_back(0);
    add(41);
    add(ask.edns);
    add(0);
    add(0);
    add(0);
  }
  return message;
}

DnsReply parse_reply(const std::vector<std::uint8_t>& message) {
  DnsReply reply;
  reply.size = message.size();
  if (number(message, 0) != 0x1234) throw std::runtime_error("an answer with another ID");
  reply.authoritative = (message.at(2) & 0x04) != 0;
  reply.truncated = (message.at(2) & 0x02) != 0;
  reply.code = message.at(3) & 0x0f;
  const unsigned questions = number(message, 4);
  const unsigned answers = number(message, 6);
  reply.authorities = static_cast<int>(number(message, 8));
  std::size_t at = 12;
  for (unsigned i = 0; i < questions; ++i) at = skip_name(message, at) + 4;
  for (unsigned i = 0; i < answers; ++i) {
    at = skip_name(message, at);
    const unsigned type = number(message, at);
    const std::uint32_t ttl = number(message, at + 4) << 16 | number(message, at + 6);
    const unsigned size = number(message, at + 8);
    if (type == 1 || type == 28) {
      reply.addresses.push_back(address_text(message, at + 10, size));
      reply.ttls.push_back(ttl);
    }
    at += 10 + size;
  }
  return reply;
}

std::vector<std::uint8_t> exchange_udp(const std::string& server, const std::vector<std::uint8_t>& message) {
  asio::io_context context;
  asio::ip::udp::socket socket(context, asio::ip::udp::v4());
  const timeval limit{30, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  socket.connect(endpoint_of<asio::ip::udp::endpoint>(server));
  socket.send(asio::buffer(message));
  std::vector<std::uint8_t> answer(65535);
  answer.resize(socket.receive(asio::buffer(answer)));
  return answer;
}

DnsReply query_udp(const std::string& server, const std::string& name, DnsAsk ask) {
  return parse_reply(exchange_udp(server, make_query(name, ask)));
}

DnsReply query_tcp(const std::string& server, const std::string& name, DnsAsk ask) {
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect(endpoint_of<asio::ip::tcp::endpoint>(server));
  std::vector<std::uint8_t> message = make_query(name, ask);
  message.insert(message.begin(), {0, static_cast<std::uint8_t>(message.size())});
  asio::write(socket, asio::buffer(message));
  std::vector<std::uint8_t> length(2);
  asio::read(socket, asio::buffer(length));
  std::vector<std::uint8_t> answer(number(length, 0));
  asio::read(socket, asio::buffer(answer));
  return parse_reply(answer);
}

}  // namespace meshdrill::lab::testing
