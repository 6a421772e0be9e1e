#include "lab/net/pod_server.hpp"

#include "lab/net/http_types.hpp"
#include "lab/net/listening.hpp"

#include <algorithm>
#include <set>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr auto keepalive_timeout = std::chrono::seconds(75);  // nginx's default

struct Connection {
  explicit Connection(TcpSocket socket) : stream(std::move(socket)) {}

  HttpStream stream;
  bool idle = false;  // answered a request and waits for the next
};

// What nginx serves for a path: a file below the document root, index.html for a folder.
const std::string* find_file(const PodFiles& files, std::string_view target) {
  std::string path = "/usr/share/nginx/html";
  path += target.substr(0, target.find('?'));
  if (path.ends_with('/')) path += "index.html";
  const auto found = files.find(path);
  return found == files.end() ? nullptr : &found->second;
}

// How many requests a Pod may still answer, as a bucket that fills at its capacity.
class Allowance {
 public:
  // Whether one more may be answered now.
  bool take(int capacity) {
    if (capacity == 0) return true;
    const Clock::time_point now = Clock::now();
    const double most = std::max(1.0, capacity / 4.0);  // what may come at once
    const double seconds = std::chrono::duration<double>(now - last_).count();
    left_ = last_ == Clock::time_point{} ? most : std::min(most, left_ + seconds * capacity);
    last_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  Clock::time_point last_{};
  double left_ = 0;
};

HttpResponse overloaded(const HttpRequest& request) {
  HttpResponse response;
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  response.result(http::status::service_unavailable);
  response.set(http::field::server, "nginx");
  response.set(http::field::content_type, "text/html");
  response.body() = "<h1>503 Service Temporarily Unavailable</h1>\n";
  response.content_length(response.body().size());
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

HttpResponse answer(const PodFiles& files, const HttpRequest& request) {
  static const std::string welcome = "<h1>Welcome to nginx!</h1>\n";
  HttpResponse response;
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  response.set(http::field::server, "nginx");
  response.set(http::field::content_type, "text/html");
  const std::string_view target{request.target().data(), request.target().size()};
  const std::string* file = find_file(files, target);
  if (file == nullptr && (target == "/" || target == "/index.html")) file = &welcome;
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response.result(http::status::method_not_allowed);
    response.body() = "<h1>405 Not Allowed</h1>\n";
  } else if (file == nullptr) {
    response.result(http::status::not_found);
    response.body() = "<h1>404 Not Found</h1>\n";
  } else {
    response.result(http::status::ok);
    response.body() = *file;
  }
  response.content_length(response.body().size());
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

}  // namespace

struct PodServer::State {
  State(TcpAcceptor listener, std::shared_ptr<const PodFiles> content,
        std::shared_ptr<const PodBehaviour> wanted)
      : executor(listener.get_executor()),
        acceptor(std::make_shared<TcpAcceptor>(std::move(listener))),
        files(std::move(content)),
        behaviour(std::move(wanted)) {}

  Executor executor;
  std::shared_ptr<TcpAcceptor> acceptor;
  std::shared_ptr<const PodFiles> files;
  std::shared_ptr<const PodBehaviour> behaviour;
  Allowance allowance;
  std::set<std::shared_ptr<Connection>> connections;
  bool broken = false;
  bool draining = false;
  std::function<void()> drained;

  void report_when_drained() {
    if (draining && connections.empty() && drained) asio::post(executor, std::exchange(drained, {}));
  }

  void stop_accepting() {
    error_code ignored;
    acceptor->close(ignored);
  }

  // Whether the connection is to be kept for another request.
  Task<bool> answer_one(Connection& connection, const HttpRequest& request) {
    HttpResponse response =
        allowance.take(behaviour->capacity) ? answer(*files, request) : overloaded(request);
    if (draining) response.keep_alive(false);
    http::response_serializer<http::string_body> serializer(response);
    error_code error;
    if (request.method() == http::verb::head) {
      const auto [failed, sent] = co_await http::async_write_header(connection.stream, serializer, try_await);
      error = failed;
    } else {
      const auto [failed, sent] = co_await http::async_write(connection.stream, serializer, try_await);
      error = failed;
    }
    co_return !error && response.keep_alive() && !draining;
  }

  // One connection from open to close.
  static Task<> serve(std::shared_ptr<State> state, std::shared_ptr<Connection> connection) {
    beast::flat_buffer buffer;
    for (bool keep = true; keep;) {
      HttpRequest request;
      connection->stream.expires_after(keepalive_timeout);
      const auto [error, size] = co_await http::async_read(connection->stream, buffer, request, try_await);
      if (error) break;
      connection->idle = false;
      keep = co_await state->answer_one(*connection, request);
      connection->idle = true;
    }
    connection->stream.close();
    state->connections.erase(connection);
    state->report_when_drained();
  }
};

PodServer::PodServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

PodServer::~PodServer() {
  abort();
}

Result<std::unique_ptr<PodServer>> PodServer::listen(Executor executor, asio::ip::tcp::endpoint endpoint,
                                                     std::shared_ptr<const PodFiles> files,
                                                     std::shared_ptr<const PodBehaviour> behaviour) {
  auto acceptor = listen_on(executor, endpoint);
  if (!acceptor && acceptor.error() == asio::error::access_denied) {
    acceptor = listen_on(executor, {endpoint.address(), 0});
  }
  if (!acceptor) {
    return fail(fmt::format("cannot listen on {}:{}: {}", endpoint.address().to_string(), endpoint.port(),
                            acceptor.error().message()));
  }
  auto state = std::make_shared<State>(std::move(*acceptor), std::move(files), std::move(behaviour));
  accept_all(state->acceptor, [state](TcpSocket socket) {
    if (state->broken) return;  // which closes it
    auto connection = std::make_shared<Connection>(std::move(socket));
    state->connections.insert(connection);
    spawn(state->executor, State::serve(state, std::move(connection)));
  });
  return std::unique_ptr<PodServer>(new PodServer(std::move(state)));
}

asio::ip::tcp::endpoint PodServer::endpoint() const {
  error_code closed;
  return state_->acceptor->local_endpoint(closed);
}

void PodServer::set_broken(bool broken) {
  state_->broken = broken;
  if (!broken) return;
  for (const auto& connection : state_->connections) connection->stream.close();
}

void PodServer::drain(std::function<void()> done) {
  state_->draining = true;
  state_->drained = std::move(done);
  state_->stop_accepting();
  for (const auto& connection : state_->connections) {
    if (connection->idle) connection->stream.cancel();
  }
  state_->report_when_drained();
}

void PodServer::abort() {
  state_->drained = {};
  state_->stop_accepting();
  for (const auto& connection : state_->connections) connection->stream.close();
}

}  // namespace meshdrill::lab
