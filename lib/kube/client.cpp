#include "kube/client.hpp"

#include "kube/api_connection.hpp"
#include "kube/codec.hpp"
#include "kube/credentials.hpp"
#include "kube/line_stream.hpp"
#include "kube/pause.hpp"
#include "kube/session_pool.hpp"

#include <algorithm>
#include <utility>

#include <boost/system/system_error.hpp>

namespace meshdrill::kube {

namespace {

using Stage = HttpFailure::Stage;
using Cause = HttpFailure::Cause;
using boost::system::system_error;

constexpr Duration shortest_pause = std::chrono::milliseconds{100};
constexpr Duration longest_pause = std::chrono::seconds{10};

// An answer whose head has been read, and the connection its body stands in.
struct Reply {
  ResponseHead head;
  std::unique_ptr<HttpSession> session;
};

HttpFailure cancelled_at(Stage stage) {
  return HttpFailure{.stage = stage, .cause = Cause::cancelled, .message = "cancelled"};
}

// Asio throws when a coroutine that was cancelled begins to wait again. Here that becomes a failure that says
// how far the request had come.
Task<HttpResult<ResponseHead>> ask(HttpSession& session, const HttpRequest& request,
                                   Clock::time_point deadline) {
  Stage stage = Stage::write;
  try {
    HttpResult<void> sent = co_await session.send(request, deadline);
    if (!sent) co_return tl::unexpected(sent.error());
    stage = Stage::read;
    co_return co_await session.read_head(deadline);
  } catch (const system_error&) {
    co_return tl::unexpected(cancelled_at(stage));
  }
}

Task<HttpResult<std::string>> read_whole_body(HttpSession& session, Clock::time_point deadline) {
  std::string body;
  try {
    while (body.size() <= body_limit) {
      HttpResult<std::string> piece = co_await session.read_body(deadline);
      if (!piece) co_return tl::unexpected(piece.error());
      if (piece->empty()) co_return body;
      body += *piece;
    }
  } catch (const system_error&) {
    co_return tl::unexpected(cancelled_at(Stage::read));
  }
  co_return tl::unexpected(HttpFailure{.stage = Stage::read, .message = "the answer is over 64 MiB"});
}

// The pause that the API asks for before a read is repeated; nullopt: do not repeat it.
std::optional<Duration> pause_before_retry(const Request& request, const ApiError& error,
                                           Clock::time_point deadline) {
  const bool throttled = error.http_status == 429 || error.http_status == 503;
  if (!throttled || !error.retry_after || !is_repeatable(request)) return std::nullopt;
  const Duration pause = std::clamp(*error.retry_after, shortest_pause, longest_pause);
  if (Clock::now() + pause >= deadline) return std::nullopt;
  return pause;
}

}  // namespace

class Client::Impl {
 public:
  Impl(Executor executor, Connection connection)
      : executor_(executor),
        connection_(std::move(connection)),
        credentials_(executor, connection_),
        pool_(executor, connection_) {}

  Task<ApiResult<boost::json::value>> request(const Request& request) {
    Clock::time_point deadline;
    ApiResult<Reply> reply = co_await perform(request, deadline);
    if (!reply) co_return tl::unexpected(reply.error());
    HttpResult<std::string> body = co_await read_whole_body(*reply->session, deadline);
    if (!body) co_return tl::unexpected(failed_request(connection_, request, body.error()));
    pool_.give_back(std::move(reply->session));
    auto value = decode_body(*body);
    if (!value) {
      ApiError unreadable = failed_request(
          connection_, request, HttpFailure{.stage = Stage::read, .message = value.error().message});
      unreadable.http_status = reply->head.status;
      co_return tl::unexpected(std::move(unreadable));
    }
    co_return std::move(*value);
  }

  Task<ApiResult<std::unique_ptr<LineStream>>> open_stream(Request request) {
    Clock::time_point deadline;
    ApiResult<Reply> reply = co_await perform(request, deadline);
    if (!reply) co_return tl::unexpected(reply.error());
    co_return make_line_stream(std::move(reply->session), connection_, std::move(request));
  }

  Task<ApiResult<std::unique_ptr<ApiConnection>>> open_connection(const Request& request) {
    ApiResult<Proof> proof = co_await identify(request);
    if (!proof) co_return tl::unexpected(proof.error());
    pool_.use_certificate(proof->certificate, proof->key);
    const Result<TlsContext> tls = pool_.tls();
    if (!tls) co_return tl::unexpected(error(request, ApiError::Kind::transport, tls.error().message));
    const TlsContext context = *tls;
    const auto deadline = Clock::now() + request.timeout;
    HttpResult<ApiStream> stream = co_await open_stream_within(context, deadline);
    if (!stream) co_return tl::unexpected(failed_request(connection_, request, stream.error()));
    auto opened = std::make_unique<ApiConnection>(ApiConnection{
        std::move(*stream), impersonation_headers(connection_.impersonation), *proof, deadline});
    if (!proof->authorization.empty()) opened->headers.emplace_back("Authorization", proof->authorization);
    co_return opened;
  }

  [[nodiscard]] std::optional<Duration> clock_ahead() const { return clock_ahead_; }
  [[nodiscard]] const Connection& connection() const { return connection_; }
  [[nodiscard]] Executor executor() const { return executor_; }

  // Whether there is another proof than the one that was refused.
  Task<bool> renew(const Proof& refused) {
    try {
      co_return co_await credentials_.refresh(refused);
    } catch (const system_error&) {
      co_return false;
    }
  }

 private:
  Task<HttpResult<ApiStream>> open_stream_within(TlsContext tls, Clock::time_point deadline) {
    try {
      co_return co_await open_api_stream(executor_, connection_, tls, deadline);
    } catch (const system_error&) {
      co_return tl::unexpected(cancelled_at(Stage::connect));
    }
  }

  // Up to the head of an answer that is 2xx. Sets the deadline of what is left to do: the request's time runs
  // from when we know who we are, because a plugin may have to ask a person first.
  Task<ApiResult<Reply>> perform(const Request& request, Clock::time_point& deadline) {
    auto encoded = encode_request(connection_, request);
    if (!encoded) co_return tl::unexpected(error(request, ApiError::Kind::invalid, encoded.error().message));
    bool refreshed = false;
    deadline = Clock::time_point::max();
    while (true) {
      ApiResult<Proof> proof = co_await identify(request);
      if (!proof) co_return tl::unexpected(proof.error());
      deadline = std::min(deadline, Clock::now() + request.timeout);
      pool_.use_certificate(proof->certificate, proof->key);
      encoded->authorization = proof->authorization;
      HttpResult<Reply> reply = co_await exchange(*encoded, is_repeatable(request), deadline);
      if (!reply) co_return tl::unexpected(failed_request(connection_, request, reply.error()));
      if (reply->head.status / 100 == 2) co_return std::move(*reply);

      // The status is known, so a body that cannot be read takes nothing from the answer.
      HttpResult<std::string> body = co_await read_whole_body(*reply->session, deadline);
      if (body) pool_.give_back(std::move(reply->session));
      const ApiError refused =
          refused_request(connection_, request, reply->head,
                          without_secret(body.value_or(std::string()), proof->authorization));
      if (refused.http_status == 401 && !refreshed) {
        refreshed = true;
        const bool renewed = co_await renew(*proof);
        if (renewed) {
          deadline = Clock::time_point::max();
          continue;
        }
      }
      const auto wait = pause_before_retry(request, refused, deadline);
      if (!wait) co_return tl::unexpected(refused);
      const bool waited = co_await pause(executor_, *wait);
      if (!waited) co_return tl::unexpected(error(request, ApiError::Kind::cancelled, "cancelled"));
    }
  }

  Task<ApiResult<Proof>> identify(const Request& request) {
    try {
      Result<Proof> proof = co_await credentials_.current();
      if (proof) co_return std::move(*proof);
      co_return tl::unexpected(error(request, ApiError::Kind::transport, proof.error().message));
    } catch (const system_error&) {
      co_return tl::unexpected(error(request, ApiError::Kind::cancelled, "cancelled"));
    }
  }

  // A connection that was idle may be dead: then once more on a fresh one, if the request did not get out or
  // may be repeated.
  Task<HttpResult<Reply>> exchange(const HttpRequest& request, bool repeatable, Clock::time_point deadline) {
    std::unique_ptr<HttpSession> session = pool_.take_idle();
    bool last_try = false;
    while (true) {
      const bool reused = session != nullptr;
      if (!reused) {
        auto opened = co_await open(deadline);
        if (!opened) co_return tl::unexpected(opened.error());
        session = std::move(*opened);
      }
      HttpResult<ResponseHead> head = co_await ask(*session, request, deadline);
      if (head && head->date) clock_ahead_ = *head->date - std::chrono::system_clock::now();
      if (head) co_return Reply{.head = *head, .session = std::move(session)};
      const HttpFailure& failed = head.error();
      const bool not_sent = reused && failed.stage == Stage::write;
      if (last_try || failed.cause != Cause::broken || failed.stage == Stage::connect ||
          !(not_sent || repeatable))
        co_return tl::unexpected(failed);
      last_try = true;
      session.reset();
    }
  }

  Task<HttpResult<std::unique_ptr<HttpSession>>> open(Clock::time_point deadline) {
    try {
      co_return co_await pool_.open(deadline);
    } catch (const system_error&) {
      co_return tl::unexpected(cancelled_at(Stage::connect));
    }
  }

  ApiError error(const Request& request, ApiError::Kind kind, std::string message) {
    return error_about(connection_, request, kind, std::move(message));
  }

  Executor executor_;
  Connection connection_;
  std::optional<Duration> clock_ahead_;
  Credentials credentials_;
  SessionPool pool_;
};

Client::Client(Executor executor, Connection connection)
    : impl_(std::make_unique<Impl>(executor, std::move(connection))) {}

Client::~Client() = default;

Task<ApiResult<boost::json::value>> Client::request(Request request) {
  co_return co_await impl_->request(request);
}

Task<ApiResult<std::unique_ptr<LineStream>>> Client::open_stream(Request request) {
  co_return co_await impl_->open_stream(std::move(request));
}

Task<ApiResult<std::unique_ptr<ApiConnection>>> Client::open_connection(Request about) {
  co_return co_await impl_->open_connection(about);
}

Task<bool> Client::renew_credentials(const ApiConnection& refused) {
  co_return co_await impl_->renew(refused.proof);
}

std::optional<Duration> Client::clock_ahead() const {
  return impl_->clock_ahead();
}

const Connection& Client::connection() const {
  return impl_->connection();
}

Executor Client::executor() const {
  return impl_->executor();
}

}  // namespace meshdrill::kube
