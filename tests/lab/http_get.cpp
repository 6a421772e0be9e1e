#include "lab/http_get.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace meshdrill::lab::testing {

namespace asio = boost::asio;

HttpConnection::HttpConnection(const std::string& address, std::uint16_t port) : socket_(context_) {
  socket_.connect({asio::ip::make_address(address), port});
}

std::optional<HttpReply> HttpConnection::get(const std::string& host, const std::string& path,
                                             const std::string& method) {
  return send(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n", method != "HEAD");
}

std::optional<HttpReply> HttpConnection::send(const std::string& request, bool has_body) {
  boost::system::error_code error;
  asio::write(socket_, asio::buffer(request), error);
  if (error) return std::nullopt;
  const std::size_t head_size = asio::read_until(socket_, asio::dynamic_buffer(received_), "\r\n\r\n", error);
  if (error) return std::nullopt;
  HttpReply reply;
  reply.head = received_.substr(0, head_size);
  received_.erase(0, head_size);
  reply.status = std::stoi(reply.head.substr(reply.head.find(' ') + 1, 3));
  const auto length_at = reply.head.find("Content-Length: ");
  std::size_t length = 0;
  if (has_body && length_at != std::string::npos) length = std::stoul(reply.head.substr(length_at + 16));
  if (received_.size() < length) {
    asio::read(socket_, asio::dynamic_buffer(received_), asio::transfer_exactly(length - received_.size()),
               error);
    if (error) return std::nullopt;
  }
  reply.body = received_.substr(0, length);
  received_.erase(0, length);
  return reply;
}

bool HttpConnection::closed_by_server() {
  char byte = 0;
  boost::system::error_code error;
  return socket_.read_some(asio::buffer(&byte, 1), error) == 0 && error;
}

std::map<std::string, int> tally(const std::string& address, std::uint16_t port, const std::string& host,
                                 int count) {
  std::map<std::string, int> answers;
  for (int i = 0; i < count; ++i) {
    try {
      HttpConnection connection(address, port);
      const auto reply = connection.get(host);
      if (!reply) {
        ++answers["closed"];
      } else if (reply->status != 200) {
        ++answers[std::to_string(reply->status)];
      } else {
        ++answers[reply->body.substr(0, reply->body.find('\n'))];
      }
    } catch (const boost::system::system_error&) {
      ++answers["refused"];
    }
  }
  return answers;
}

}  // namespace meshdrill::lab::testing
