#include "kube/line_stream.hpp"

#include "kube/codec.hpp"

#include <utility>

#include <boost/system/system_error.hpp>

namespace meshdrill::kube {

namespace {

class SessionLines final : public LineStream {
 public:
  SessionLines(std::unique_ptr<HttpSession> session, const Connection& connection, Request about)
      : session_(std::move(session)), connection_(connection), about_(std::move(about)) {}

  Task<ApiResult<std::optional<std::string>>> next(Duration patience) override {
    while (true) {
      if (auto line = take_line(); !line.empty()) co_return std::optional(std::move(line));
      if (ended_) co_return std::nullopt;
      if (text_.size() > body_limit) co_return tl::unexpected(problem("a line is over 64 MiB long"));
      HttpResult<std::string> piece = co_await read_piece(patience);
      if (!piece) co_return tl::unexpected(failed_request(connection_, about_, piece.error()));
      ended_ = piece->empty();
      text_ += *piece;
      // What follows the last newline is a line too.
      if (ended_ && !text_.empty()) text_ += '\n';
    }
  }

 private:
  Task<HttpResult<std::string>> read_piece(Duration patience) {
    try {
      co_return co_await session_->read_body(Clock::now() + patience);
    } catch (const boost::system::system_error&) {  // cancelled before it began to wait
      co_return tl::unexpected(HttpFailure{
          .stage = HttpFailure::Stage::read, .cause = HttpFailure::Cause::cancelled, .message = "cancelled"});
    }
  }

  // The next non-empty line of what has arrived, without its newline; "" when there is none.
  std::string take_line() {
    while (true) {
      const auto end = text_.find('\n', searched_);
      if (end == std::string::npos) {
        text_.erase(0, start_);
        start_ = 0;
        searched_ = text_.size();
        return {};
      }
      std::string line = text_.substr(start_, end - start_);
      start_ = searched_ = end + 1;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) return line;
    }
  }

  ApiError problem(std::string message) {
    return error_about(connection_, about_, ApiError::Kind::transport, std::move(message));
  }

  std::unique_ptr<HttpSession> session_;
  const Connection& connection_;
  Request about_;
  std::string text_;          // arrived and not yet handed out, from start_ on
  std::size_t start_ = 0;     // of the next line
  std::size_t searched_ = 0;  // no newline between start_ and here
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<LineStream> make_line_stream(std::unique_ptr<HttpSession> session,
                                             const Connection& connection, Request about) {
  return std::make_unique<SessionLines>(std::move(session), connection, std::move(about));
}

}  // namespace meshdrill::kube
