// A plain HTTP/1.1 client for tests: blocking sockets, no library of ours.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace meshdrill::lab::testing {

struct HttpReply {
  int status = 0;
  std::string head;
  std::string body;
};

// One connection, kept for as many requests as the server allows.
class HttpConnection {
 public:
  // Throws when refused.
  HttpConnection(const std::string& address, std::uint16_t port);

  // Nothing when the server closed the connection instead of answering.
  std::optional<HttpReply> get(const std::string& host, const std::string& path = "/",
                               const std::string& method = "GET");
  std::optional<HttpReply> send(const std::string& request, bool has_body = true);
  // Waits until the server closes. False when it sent something instead.
  bool closed_by_server();

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

// What `count` requests on new connections were answered with: the body of a 200 without its newline, else
// the status, "refused" or "closed".
std::map<std::string, int> tally(const std::string& address, std::uint16_t port, const std::string& host,
                                 int count);

}  // namespace meshdrill::lab::testing
