#include "probe/ask/reading.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace meshdrill::probe {
namespace {

namespace http = boost::beast::http;

// Of a chunk's head, which Beast does not bound; headers have a limit of their own.
constexpr std::size_t most_unread = 65'536;

}  // namespace

error_code Reading::feed(std::string_view received) {
  if (parser_) return parse(received);
  // The first piece, and most often all there is.
  if (const auto match = rules_.known.find(received); match.head != nullptr && rules_.has_body) {
    known_ = match.head;
    connection_.body = match.body;
    return {};
  }
  make_parser();
  const error_code error = parse(received);
  const std::size_t body = connection_.body.size();
  const bool whole = !error && parser_->is_done() && connection_.unread.empty();
  if (whole && rules_.has_body && parser_->content_length() == body)
    rules_.known.learn(received, body, parser_->head());
  return error;
}

error_code Reading::parse(std::string_view received) {
  std::string& unread = connection_.unread;
  const bool joined = !unread.empty();
  if (joined) received = unread.append(received);
  error_code error;
  while (!error && !received.empty() && !parser_->is_done()) {
    received.remove_prefix(parser_->put(asio::buffer(received), error));
    // 100 Continue, 103 Early Hints: the answer proper is still to come.
    if (parser_->is_done() && parser_->head().status / 100 == 1) make_parser();
  }
  if (joined) {
    unread.erase(0, unread.size() - received.size());
  } else {
    unread = received;
  }
  if (error == http::error::need_more) error = {};
  if (!error && unread.size() > most_unread) error = http::error::buffer_overflow;
  return error;
}

error_code Reading::feed_end() {
  error_code error;
  if (parser_) parser_->put_eof(error);
  return error;
}

}  // namespace meshdrill::probe
