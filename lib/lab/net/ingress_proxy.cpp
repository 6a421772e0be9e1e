#include "lab/net/ingress_proxy.hpp"

#include "lab/net/ingress_exchange.hpp"
#include "lab/net/ingress_routes.hpp"
#include "lab/net/listening.hpp"
#include "lab/net/upstream_choice.hpp"

#include <set>

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr auto keepalive_timeout = std::chrono::seconds(75);     // ingress-nginx's keep-alive
constexpr std::uint64_t request_limit = std::uint64_t{1} << 20;  // its proxy-body-size

// A client's connection and the one to a backend that goes with it.
struct Client {
  explicit Client(TcpSocket socket) : stream(std::move(socket)) {}

  HttpStream stream;
  asio::ip::tcp::endpoint address;
  std::unique_ptr<Upstream> upstream;
  ObjectKey upstream_service;  // which Service the connection to the backend was made for
  bool ended = false;

  void end() {
    ended = true;
    stream.close();
    if (upstream) upstream->stream.close();
  }
};

bool is_http_error(const error_code& error) {
  return error.category() == http::make_error_code(http::error::bad_version).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

}  // namespace

struct IngressProxy::State : std::enable_shared_from_this<IngressProxy::State> {
  State(Executor executor_, ObjectStore& store_, DataPlane& data_plane, const PodNetwork& network_,
        IngressSettings settings_)
      : executor(executor_),
        store(store_),
        choice(store_, data_plane),
        network(network_),
        settings(std::move(settings_)),
        subscription(store_.subscribe([this](const Change& change) {
          if (change.resource == "ingresses") routes.reset();
        })) {}

  Executor executor;
  ObjectStore& store;
  UpstreamChoice choice;
  const PodNetwork& network;
  IngressSettings settings;
  asio::ip::tcp::endpoint endpoint;
  std::shared_ptr<TcpAcceptor> acceptor;  // none before serve() and after close()
  std::set<std::shared_ptr<Client>> clients;
  std::optional<IngressRoutes> routes;  // made when first needed after an Ingress changed
  ObjectStore::Subscription subscription;

  void start_accepting() {
    accept_all(acceptor, [state = shared_from_this()](TcpSocket socket) {
      auto client = std::make_shared<Client>(std::move(socket));
      error_code gone;
      client->address = client->stream.socket().remote_endpoint(gone);
      state->clients.insert(client);
      spawn(state->executor, serve_client(state, std::move(client)));
    });
  }

  const IngressRoute* route(const HttpRequest& request) {
    if (!routes) routes.emplace(store.list("ingresses"), settings.class_name);
    const std::string_view host{request[http::field::host].data(), request[http::field::host].size()};
    const std::string_view target{request.target().data(), request.target().size()};
    return routes->match(host, target.substr(0, target.find('?')));
  }

  // One client from accept to close.
  static Task<> serve_client(std::shared_ptr<State> state, std::shared_ptr<Client> client) {
    beast::flat_buffer buffer;
    for (bool keep = true; keep && !client->ended;) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(request_limit);
      client->stream.expires_after(keepalive_timeout);
      const auto [error, size] = co_await http::async_read(client->stream, buffer, parser, try_await);
      if (error && !is_http_error(error)) break;
      HttpResponse response;
      const HttpRequest request = error ? HttpRequest() : parser.release();
      if (error) {
        const bool too_big = error == http::error::body_limit;
        response =
            error_page(too_big ? http::status::payload_too_large : http::status::bad_request, 11, false);
      } else {
        response = co_await state->respond(*client, request);
      }
      keep = co_await send(*client, response, request.method() == http::verb::head);
    }
    client->end();
    state->clients.erase(client);
  }

  // Whether the connection is to be kept.
  static Task<bool> send(Client& client, const HttpResponse& response, bool header_only) {
    http::response_serializer<http::string_body> serializer(response);
    client.stream.expires_after(keepalive_timeout);
    error_code error;
    if (header_only) {
      const auto [failed, sent] = co_await http::async_write_header(client.stream, serializer, try_await);
      error = failed;
    } else {
      const auto [failed, sent] = co_await http::async_write(client.stream, serializer, try_await);
      error = failed;
    }
    co_return !error && response.keep_alive();
  }

  Task<HttpResponse> respond(Client& client, const HttpRequest& request) {
    const IngressRoute* found = route(request);
    http::status failure = http::status::not_found;
    if (found != nullptr) {
      const IngressRoute chosen = *found;  // the routes may change while we wait
      const HttpRequest forwarded = to_upstream(request, client.address, endpoint.port());
      HttpResponse response;
      failure = co_await forward(client, chosen, forwarded, response);
      if (failure == http::status::ok) co_return to_client(response, request);
    }
    co_return error_page(failure, request.version(), request.keep_alive());
  }

  // ok when `response` holds a backend's answer, whatever its status; else the status to answer with.
  Task<http::status> forward(Client& client, const IngressRoute& route, const HttpRequest& request,
                             HttpResponse& response) {
    const ExchangeTimeouts limits{route.connect_timeout.value_or(settings.connect_timeout),
                                  route.read_timeout.value_or(settings.read_timeout)};
    if (reusable(client, route)) {
      const ExchangeResult result = co_await exchange(*client.upstream, request, limits, response);
      if (result == ExchangeResult::answered) co_return finished(client, response);
      client.upstream.reset();
      // A kept connection may end just as it is used; nginx then asks again on a new one.
      if (result == ExchangeResult::timed_out) co_return http::status::gateway_timeout;
      if (client.ended || !idempotent(request.method())) co_return http::status::bad_gateway;
    }
    const UpstreamChoice::Candidates candidates = choice.candidates(route);
    if (!candidates.known) co_return http::status::service_unavailable;
    http::status failure = http::status::bad_gateway;
    for (const Backend& backend : candidates.backends) {
      if (client.ended) break;
      client.upstream = std::make_unique<Upstream>(executor, backend);
      client.upstream_service = route.service;
      const std::uint16_t port = network.port_of(backend.address, backend.port);
      ExchangeResult result = co_await connect_upstream(*client.upstream, port, limits);
      const bool connected = result == ExchangeResult::answered;
      if (connected) {
        result = co_await exchange(*client.upstream, request, limits, response);
      }
      if (result == ExchangeResult::answered) co_return finished(client, response);
      client.upstream.reset();
      failure =
          result == ExchangeResult::timed_out ? http::status::gateway_timeout : http::status::bad_gateway;
      if (connected && !idempotent(request.method())) break;
    }
    co_return failure;
  }

  // With endpoints, nginx chooses anew for each request; with the ClusterIP there is nothing to choose.
  static bool reusable(Client& client, const IngressRoute& route) {
    return client.upstream && route.service_upstream && client.upstream_service == route.service &&
           still_open(*client.upstream);
  }

  static http::status finished(Client& client, const HttpResponse& response) {
    if (!response.keep_alive()) client.upstream.reset();
    return http::status::ok;
  }
};

IngressProxy::IngressProxy(Executor executor, ObjectStore& store, DataPlane& data_plane,
                           const PodNetwork& network, IngressSettings settings)
    : state_(std::make_shared<State>(executor, store, data_plane, network, std::move(settings))) {}

IngressProxy::~IngressProxy() {
  close();
}

void IngressProxy::serve(TcpAcceptor acceptor) {
  state_->acceptor = std::make_shared<TcpAcceptor>(std::move(acceptor));
  state_->endpoint = state_->acceptor->local_endpoint();
  state_->start_accepting();
}

void IngressProxy::close() {
  if (state_->acceptor) state_->acceptor->close();
  state_->acceptor.reset();
  for (const auto& client : state_->clients) client->end();
}

Result<> IngressProxy::reopen() {
  if (state_->acceptor) return {};
  auto acceptor = listen_on(state_->executor, state_->endpoint);
  if (!acceptor) {
    return fail(fmt::format("the ingress cannot listen on {}:{} again: {}",
                            state_->endpoint.address().to_string(), state_->endpoint.port(),
                            acceptor.error().message()));
  }
  serve(std::move(*acceptor));
  return {};
}

}  // namespace meshdrill::lab
