#include "lab/api/api_server.hpp"

#include "lab/api/api_connection.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

namespace meshdrill::lab {

struct ApiServer::State {
  State(Executor run_on, ApiServerConfig given, ObjectStore& store)
      : executor(std::move(run_on)),
        config(std::move(given)),
        service(std::make_shared<ApiService>(
            ApiService{.handler = ApiHandler(store, config.handler),
                       .faults = {},
                       .tokens = config.tokens,
                       .clock_skew = {},
                       .tls = asio::ssl::context(asio::ssl::context::tls_server)})),
        acceptor(executor),
        pause(executor) {}

  Executor executor;
  ApiServerConfig config;
  std::shared_ptr<ApiService> service;
  TcpAcceptor acceptor;
  Timer pause;
  std::vector<std::weak_ptr<ApiConnection>> connections;

  error_code set_up_tls() {
    asio::ssl::context& tls = service->tls;
    error_code error;
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    const std::string& chain = config.certificate.certificate;
    tls.use_certificate_chain(asio::buffer(chain), error);
    if (!error) tls.use_private_key(asio::buffer(config.certificate.key), asio::ssl::context::pem, error);
    if (!error) tls.add_certificate_authority(asio::buffer(config.client_authority), error);
    // A client without a certificate gets in, to be known by its token or told 401.
    if (!error) tls.set_verify_mode(asio::ssl::verify_peer, error);
    return error;
  }

  error_code listen() {
    error_code error;
    acceptor.open(config.endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(config.endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }

  void serve(TcpSocket socket) {
    std::erase_if(connections, [](const auto& connection) { return connection.expired(); });
    error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    connections.push_back(serve_connection(std::move(socket), service));
  }

  static Task<> accept(std::shared_ptr<State> self);

  template <class Action>
  void for_each_connection(const Action& action) {
    for (const auto& weak : connections) {
      if (const auto connection = weak.lock()) action(*connection);
    }
  }
};

Task<> ApiServer::State::accept(std::shared_ptr<State> self) {
  while (self->acceptor.is_open()) {
    auto [error, socket] = co_await self->acceptor.async_accept(try_await);
    if (error == asio::error::operation_aborted) co_return;
    if (!error) {
      self->serve(std::move(socket));
    } else {
      // Out of file descriptors, most likely: trying again at once would keep the thread busy.
      self->pause.expires_after(std::chrono::milliseconds{50});
      co_await self->pause.async_wait(try_await);
    }
  }
}

ApiServer::ApiServer(Executor executor, ApiServerConfig config, ObjectStore& store)
    : state_(std::make_shared<State>(std::move(executor), std::move(config), store)) {}

ApiServer::~ApiServer() {
  stop();
}

Result<> ApiServer::start() {
  if (const error_code error = state_->set_up_tls()) {
    return fail(fmt::format("the API server's certificates cannot be used: {}", error.message()));
  }
  if (const error_code error = state_->listen()) {
    return fail(fmt::format("the API server cannot listen at {}:{}: {}",
                            state_->config.endpoint.address().to_string(), state_->config.endpoint.port(),
                            error.message()));
  }
  asio::co_spawn(state_->executor, State::accept(state_), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
  return {};
}

void ApiServer::stop() {
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->pause.cancel();
  state_->for_each_connection([](ApiConnection& connection) { connection.close(); });
}

void ApiServer::expire_watches() {
  state_->for_each_connection([](ApiConnection& connection) { connection.expire_watch(); });
}

std::uint16_t ApiServer::port() const {
  error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

ApiFaults& ApiServer::faults() {
  return state_->service->faults;
}

void ApiServer::set_clock_skew(Duration ahead) {
  state_->service->clock_skew = ahead;
}

ApiHandler& ApiServer::handler() {
  return state_->service->handler;
}

std::size_t ApiServer::connections() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      state_->connections, [](const auto& connection) { return !connection.expired(); }));
}

}  // namespace meshdrill::lab
