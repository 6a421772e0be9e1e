#include "kube/http_session.hpp"

#include "kube/api_stream.hpp"

#include <charconv>
#include <ctime>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Stage = HttpFailure::Stage;

constexpr std::uint32_t header_limit = 64 * 1024;
constexpr std::size_t piece_size = std::size_t{16} * 1024;

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that servers send (RFC 9110, section 5.6.7).
std::optional<std::chrono::system_clock::time_point> read_date(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

// Retry-After in seconds; the form with a date is not used by the API.
std::optional<Duration> read_retry_after(std::string_view text) {
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds{seconds};
}

std::string serialise(const HttpRequest& request, const std::string& host) {
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: meshdrill\r\nAccept: application/json\r\n",
                  request.verb, request.target, host);
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!request.authorization.empty()) text += "Authorization: " + request.authorization + "\r\n";
  if (!request.content_type.empty())
    text +=
        fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", request.content_type, request.body.size());
  return text + "\r\n" + request.body;
}

template <class Stream>
class Session final : public HttpSession {
 public:
  Session(Stream stream, std::string host, std::string address)
      : stream_(std::move(stream)), host_(std::move(host)), address_(std::move(address)) {}

  Task<HttpResult<void>> send(const HttpRequest& request, Clock::time_point deadline) override {
    const std::string text = serialise(request, host_);
    socket().expires_at(deadline);
    const auto [error, sent] = co_await asio::async_write(stream_, asio::buffer(text), try_await);
    if (error) co_return tl::unexpected(stream_failure(Stage::write, error, "sending to " + address_));
    co_return HttpResult<void>();
  }

  Task<HttpResult<ResponseHead>> read_head(Clock::time_point deadline) override {
    parser_.emplace();
    parser_->header_limit(header_limit);
    parser_->body_limit(boost::none);  // the caller's concern: a watch has no end
    socket().expires_at(deadline);
    const auto [error, count] = co_await http::async_read_header(stream_, buffer_, *parser_, try_await);
    if (error)
      co_return tl::unexpected(stream_failure(Stage::read, error, "waiting for the answer of " + address_));
    ResponseHead head;
    head.status = static_cast<int>(parser_->get().result_int());
    head.retry_after = read_retry_after(parser_->get()[http::field::retry_after]);
    head.date = read_date(std::string(parser_->get()[http::field::date]));
    co_return head;
  }

  Task<HttpResult<std::string>> read_body(Clock::time_point deadline) override {
    std::string piece;
    while (piece.empty() && !parser_->is_done()) {
      piece.resize(piece_size);
      auto& body = parser_->get().body();
      body.data = piece.data();
      body.size = piece.size();
      body.more = true;
      socket().expires_at(deadline);
      auto [error, count] = co_await http::async_read_some(stream_, buffer_, *parser_, try_await);
      if (error == http::error::need_buffer) error = {};
      // Some servers end TLS without close_notify; the parser knows whether the body was whole.
      if (error == asio::ssl::error::stream_truncated && parser_->is_done()) error = {};
      if (error)
        co_return tl::unexpected(stream_failure(Stage::read, error, "reading the answer of " + address_));
      piece.resize(piece_size - parser_->get().body().size);
    }
    co_return piece;
  }

  bool reusable() override {
    if (!parser_ || !parser_->is_done() || !parser_->keep_alive() || buffer_.size() != 0) return false;
    char byte = 0;
    const auto peeked = ::recv(socket().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return peeked < 0 && errno == EAGAIN;
  }

 private:
  PlainStream& socket() { return beast::get_lowest_layer(stream_); }

  Stream stream_;
  std::string host_;     // of the Host header
  std::string address_;  // for messages
  beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::buffer_body>> parser_;
};

}  // namespace

Task<HttpResult<std::unique_ptr<HttpSession>>> open_session(Executor executor, const Connection& connection,
                                                            TlsContext tls, Clock::time_point deadline) {
  HttpResult<ApiStream> opened = co_await open_api_stream(executor, connection, tls, deadline);
  if (!opened) co_return tl::unexpected(opened.error());
  std::unique_ptr<HttpSession> session;
  if (tls) {
    session = std::make_unique<Session<TlsStream>>(std::get<TlsStream>(std::move(opened->stream)),
                                                   std::move(opened->host), std::move(opened->address));
  } else {
    session = std::make_unique<Session<PlainStream>>(std::get<PlainStream>(std::move(opened->stream)),
                                                     std::move(opened->host), std::move(opened->address));
  }
  co_return session;
}

}  // namespace meshdrill::kube
