#include "probe/show/metrics_server.hpp"

#include "base/async.hpp"

#include <charconv>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Stream = beast::basic_stream<tcp, Executor>;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr auto patience =
    std::chrono::seconds{10};  // for a request, and for a client that keeps its connection
constexpr int most_clients = 16;

Result<tcp::endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto bad = [&] {
    return fail(fmt::format("\"{}\" is no ADDRESS:PORT, such as 127.0.0.1:9100, [::1]:9100 or :9100", text));
  };
  if (colon == std::string_view::npos) return bad();
  std::uint16_t port = 0;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (status != std::errc{} || end != digits.data() + digits.size()) return bad();
  std::string_view host = text.substr(0, colon);
  if (host.empty()) return tcp::endpoint{tcp::v6(), port};
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  error_code error;
  const auto address = asio::ip::make_address(std::string{host}, error);
  if (error || address.is_v6() != bracketed) return bad();
  return tcp::endpoint{address, port};
}

}  // namespace

class MetricsServer::Impl {
 public:
  Result<> listen(const tcp::endpoint& endpoint);
  ~Impl();

  void publish(std::string text) {
    const std::lock_guard lock{mutex_};
    text_ = std::move(text);
  }
  [[nodiscard]] const tcp::endpoint& endpoint() const { return endpoint_; }

 private:
  Task<> accept();
  Task<> serve(TcpSocket socket);
  Response answer(const Request& request);

  asio::io_context context_{1};
  TcpAcceptor acceptor_{context_};
  tcp::endpoint endpoint_;
  int clients_ = 0;
  std::mutex mutex_;
  std::optional<std::string> text_;
  std::thread thread_;
};

Result<> MetricsServer::Impl::listen(const tcp::endpoint& endpoint) {
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) endpoint_ = acceptor_.local_endpoint(error);
  if (error) {
    return fail(fmt::format("cannot listen on {} port {}: {}", endpoint.address().to_string(),
                            endpoint.port(), error.message()));
  }
  asio::co_spawn(context_, accept(), asio::detached);
  thread_ = std::thread{[this] { context_.run(); }};
  return {};
}

MetricsServer::Impl::~Impl() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

Task<> MetricsServer::Impl::accept() {
  while (true) {
    auto [error, socket] = co_await acceptor_.async_accept(try_await);
    if (error == asio::error::operation_aborted) co_return;
    if (error || clients_ >= most_clients) {
      // Out of sockets, or clients that do not go away: neither is cured by trying at once.
      Timer pause{context_, std::chrono::milliseconds{100}};
      co_await pause.async_wait(try_await);
      continue;
    }
    ++clients_;
    asio::co_spawn(context_, serve(std::move(socket)), [this](const std::exception_ptr&) { --clients_; });
  }
}

Task<> MetricsServer::Impl::serve(TcpSocket socket) {
  Stream stream{std::move(socket)};
  beast::flat_buffer buffer{8192};
  bool keep = true;
  while (keep) {
    stream.expires_after(patience);
    http::request_parser<http::empty_body> parser;
    auto [error, read] = co_await http::async_read(stream, buffer, parser, try_await);
    if (error) break;
    Response response = answer(parser.get());
    keep = response.keep_alive();
    auto [write_error, written] = co_await http::async_write(stream, response, try_await);
    if (write_error) break;
  }
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
}

Response MetricsServer::Impl::answer(const Request& request) {
  Response response;
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  const std::string target{request.target()};
  const std::string path = target.substr(0, target.find('?'));
  const bool head = request.method() == http::verb::head;
  if (request.method() != http::verb::get && !head) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET, HEAD");
    response.body() = "only GET and HEAD\n";
  } else if (path != "/metrics") {
    response.result(http::status::not_found);
    response.body() = "the metrics are at /metrics\n";
  } else {
    const std::lock_guard lock{mutex_};
    response.result(text_ ? http::status::ok : http::status::service_unavailable);
    if (text_) response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    response.body() = text_.value_or("the run has not begun\n");
  }
  response.prepare_payload();
  if (head) response.body().clear();
  return response;
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(std::string_view endpoint) {
  const auto parsed = parse_endpoint(endpoint);
  if (!parsed) return tl::unexpected(parsed.error());
  auto impl = std::make_unique<Impl>();
  if (const auto listening = impl->listen(*parsed); !listening) return tl::unexpected(listening.error());
  return std::unique_ptr<MetricsServer>{new MetricsServer{std::move(impl)}};
}

void MetricsServer::publish(std::string text) {
  impl_->publish(std::move(text));
}

std::string MetricsServer::url() const {
  const auto& endpoint = impl_->endpoint();
  const auto address = endpoint.address();
  const std::string host = address.is_unspecified() ? "localhost"
                           : address.is_v6()        ? "[" + address.to_string() + "]"
                                                    : address.to_string();
  return fmt::format("http://{}:{}/metrics", host, endpoint.port());
}

}  // namespace meshdrill::probe
