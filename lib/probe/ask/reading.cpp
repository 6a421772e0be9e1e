#include "probe/ask/reading.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace meshdrill::probe {
namespace {

namespace http = boost::beast::http;

// Of a chunk's head, which Beast does not bound; headers have a limit of their own.
constexpr std::size_t most_unread = 65'536;

}  // namespace

error_code Reading::feed(Connection& connection, std::string_view received) {
  const bool joined = !connection.unread.empty();
  if (joined) received = connection.unread.append(received);
  error_code error;
  while (!error && !received.empty() && !parser->is_done()) {
    received.remove_prefix(parser->put(asio::buffer(received), error));
    // 100 Continue, 103 Early Hints: the answer proper is still to come.
    if (parser->is_done() && parser->status() / 100 == 1)
      parser.emplace(connection.body, body_limit, has_body, header);
  }
  if (joined) {
    connection.unread.erase(0, connection.unread.size() - received.size());
  } else {
    connection.unread = received;
  }
  if (error == http::error::need_more) error = {};
  if (!error && connection.unread.size() > most_unread) error = http::error::buffer_overflow;
  return error;
}

}  // namespace meshdrill::probe
