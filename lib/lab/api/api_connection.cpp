#include "lab/api/api_connection.hpp"

#include "lab/api/api_exec.hpp"
#include "lab/api/api_message.hpp"
#include "lab/api/api_status.hpp"
#include "lab/api/api_websocket.hpp"
#include "lab/api/call_faults.hpp"
#include "lab/api/client_identity.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace meshdrill::lab {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using namespace std::chrono_literals;

constexpr auto kHandshakeTime = 30s;
constexpr auto kIdleTime = 5min;   // between two requests
constexpr auto kWriteTime = 1min;  // for a client that does not read
constexpr auto kBookmarkEvery = 30s;
constexpr std::size_t kHeaderLimit = std::size_t{64} << 10;
constexpr std::size_t kBodyLimit = std::size_t{3} << 20;  // as the API server's

class Connection : public ApiConnection, public std::enable_shared_from_this<Connection> {
 public:
  Connection(TcpSocket socket, std::shared_ptr<ApiService> service)
      : service_(std::move(service)),
        stream_(std::move(socket), service_->tls),
        deadline_(stream_.get_executor()),
        wake_(stream_.get_executor()) {}

  void close() override {
    closed_ = true;
    error_code ignored;
    stream_.next_layer().close(ignored);
    deadline_.cancel();
    wake_.cancel();
  }

  void expire_watch() override {
    if (watch_ == nullptr) return;
    watch_->expire();
    notify();
  }

  Executor executor() { return stream_.get_executor(); }

  static Task<> run(std::shared_ptr<Connection> self) {
    co_await self->serve();
    self->close();
  }

 private:
  Task<> serve();
  Task<bool> exchange();
  Task<bool> admit(CallFaults& faults);
  Task<bool> answer(ApiRequest request, bool keep_alive);
  Task<bool> exec(const UpgradeRequest& upgrade, ApiRequest request);
  Task<bool> send(ApiResponse response, bool keep_alive, bool head);
  Task<> stream_watch(WatchStream& watch);
  Task<bool> send_chunk(std::string lines);
  Task<> sleep(Duration duration);
  static Task<> await_end(std::shared_ptr<Connection> self);

  ObjectStore::Subscription listen();
  void watch_for_end();

  // Closes the connection unless renewed in time.
  void renew_deadline(Duration duration) {
    deadline_.expires_after(duration);
    deadline_.async_wait([self = weak_from_this()](const error_code& error) {
      const auto connection = self.lock();
      // A renewal may come while the expiry is already on its way here.
      if (!error && connection && connection->deadline_.expiry() <= Clock::now()) connection->close();
    });
  }

  // Wakes stream_watch(), now or when it next wants to sleep.
  void notify() {
    news_ = true;
    wake_.cancel();
  }

  std::shared_ptr<ApiService> service_;
  beast::ssl_stream<TcpSocket> stream_;
  beast::flat_buffer buffer_;
  Timer deadline_;
  Timer wake_;
  std::optional<ApiUser> certified_;  // who the client certificate says this is
  bool closed_ = false;
  bool news_ = false;
  WatchStream* watch_ = nullptr;  // the one being served
};

Task<> Connection::serve() {
  renew_deadline(kHandshakeTime);
  const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, try_await);
  if (error) co_return;
  certified_ = user_of_certificate(stream_.native_handle());
  bool more = true;
  while (more && !closed_) {
    more = co_await exchange();
  }
  if (closed_) co_return;
  renew_deadline(kWriteTime);
  co_await stream_.async_shutdown(try_await);
}

// One request and its answer. False when the connection is to end.
Task<bool> Connection::exchange() {
  http::request_parser<http::string_body> parser;
  parser.header_limit(kHeaderLimit);
  parser.body_limit(kBodyLimit);
  renew_deadline(kIdleTime);
  const auto [error, size] = co_await http::async_read(stream_, buffer_, parser, try_await);
  if (error || size == 0) co_return false;
  HttpRequest message = parser.release();
  const auto authorization = message[http::field::authorization];
  const std::optional<ApiUser> user =
      certified_ ? certified_ : user_of_token({authorization.data(), authorization.size()}, service_->tokens);
  const bool keep_alive = message.keep_alive();
  ApiRequest request = to_request(message);
  if (!user) {
    ApiResponse refusal = to_response(unauthorized());
    const bool head = request.method == "HEAD";
    co_return co_await send(std::move(refusal), keep_alive, head);
  }
  request.user = *user;
  if (wants_websocket(message)) {
    co_return co_await exec(message, std::move(request));
  }
  co_return co_await answer(std::move(request), keep_alive);
}

// What the faults do before the API looks at a request: hold it up, or close the connection. False when that
// is closed.
Task<bool> Connection::admit(CallFaults& faults) {
  if (const auto delay = faults.delay()) {
    co_await sleep(*delay);
  }
  if (closed_ || faults.closes()) {
    close();
    co_return false;
  }
  co_return true;
}

Task<bool> Connection::answer(ApiRequest request, bool keep_alive) {
  CallFaults faults(service_->faults, request);
  const bool admitted = co_await admit(faults);
  if (!admitted) co_return false;
  ApiResponse response;
  if (auto refused = faults.refusal()) {
    response = std::move(*refused);
  } else {
    response = service_->handler.handle(request);
  }
  if (faults.loses_answer(response)) {
    close();
    co_return false;
  }
  if (response.watch) {
    if (faults.expires_watch()) response.watch->expire();
    co_await stream_watch(*response.watch);
    watch_ = nullptr;
    co_return false;
  }
  const bool head = request.method == "HEAD";
  co_return co_await send(std::move(response), keep_alive, head);
}

// A request that wants to become a WebSocket: that is a command in a Pod, or nothing that is served.
Task<bool> Connection::exec(const UpgradeRequest& upgrade, ApiRequest request) {
  CallFaults faults(service_->faults, request);
  const bool admitted = co_await admit(faults);
  if (!admitted) co_return false;
  std::optional<ApiResponse> refused = faults.refusal();
  if (refused) {
    ApiResponse response = std::move(*refused);
    co_return co_await send(std::move(response), true, false);
  }
  StoreResult<ExecOutput> output = run_in_pod(service_->handler, request);
  if (!output) {
    ApiResponse denied = to_response(output.error());
    co_return co_await send(std::move(denied), true, false);
  }
  renew_deadline(kWriteTime);
  co_await send_output(stream_, upgrade, std::move(*output));
  co_return false;
}

Task<bool> Connection::send(ApiResponse response, bool keep_alive, bool head) {
  HttpResponse message = to_message(std::move(response), service_->clock_skew);
  message.keep_alive(keep_alive);
  message.prepare_payload();
  if (head) message.body().clear();
  renew_deadline(kWriteTime);
  const auto [error, size] = co_await http::async_write(stream_, message, try_await);
  co_return !error && size > 0 && keep_alive;
}

// A watch has the rest of the connection: its end is the end of the stream.
Task<> Connection::stream_watch(WatchStream& watch) {
  http::response<http::empty_body> head(http::status::ok, 11);
  head.set(http::field::content_type, "application/json");
  head.set(http::field::cache_control, "no-cache, private");
  head.keep_alive(false);
  head.chunked(true);
  http::response_serializer<http::empty_body> serializer(head);
  renew_deadline(kWriteTime);
  const auto [error, size] = co_await http::async_write_header(stream_, serializer, try_await);
  if (error || size == 0) co_return;

  const ObjectStore::Subscription subscription = listen();
  watch_ = &watch;
  watch_for_end();
  const Clock::time_point end = Clock::now() + watch.timeout();
  Clock::time_point bookmark = Clock::now() + kBookmarkEvery;
  bool alive = true;
  while (alive && !closed_) {
    news_ = false;
    std::string lines = watch.next();
    const Clock::time_point now = Clock::now();
    const bool last = watch.ended() || now >= end;
    if (last || now >= bookmark) {
      lines += watch.bookmark();
      bookmark = now + kBookmarkEvery;
    }
    if (!lines.empty()) {
      alive = co_await send_chunk(std::move(lines));
    }
    if (last) break;
    if (alive && !news_ && !closed_) {
      deadline_.cancel();
      wake_.expires_at(std::min(end, bookmark));
      co_await wake_.async_wait(try_await);
    }
  }
  if (!alive || closed_) co_return;
  renew_deadline(kWriteTime);
  co_await asio::async_write(stream_, http::make_chunk_last(), try_await);
}

Task<bool> Connection::send_chunk(std::string lines) {
  renew_deadline(kWriteTime);
  const asio::const_buffer bytes(lines.data(), lines.size());
  const auto [error, size] = co_await asio::async_write(stream_, http::make_chunk(bytes), try_await);
  co_return !error && size > 0;
}

Task<> Connection::sleep(Duration duration) {
  wake_.expires_after(duration);
  co_await wake_.async_wait(try_await);
}

// A client that gives a watch up closes the connection, and sends nothing else before.
Task<> Connection::await_end(std::shared_ptr<Connection> self) {
  char byte = 0;
  const asio::mutable_buffer one(&byte, 1);
  co_await self->stream_.async_read_some(one, try_await);
  self->close();
}

void Connection::watch_for_end() {
  asio::co_spawn(stream_.get_executor(), await_end(shared_from_this()),
                 [](const std::exception_ptr& failure) {
                   if (failure) std::rethrow_exception(failure);
                 });
}

ObjectStore::Subscription Connection::listen() {
  return service_->handler.store().subscribe([self = weak_from_this()](const Change&) {
    if (const auto connection = self.lock()) connection->notify();
  });
}

}  // namespace

std::shared_ptr<ApiConnection> serve_connection(TcpSocket socket, std::shared_ptr<ApiService> service) {
  auto connection = std::make_shared<Connection>(std::move(socket), std::move(service));
  asio::co_spawn(connection->executor(), Connection::run(connection), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
  return connection;
}

}  // namespace meshdrill::lab
