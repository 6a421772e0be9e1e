#include "kube/support/scripted_server.hpp"

#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <openssl/x509.h>

namespace meshdrill::kube::test {

namespace http = boost::beast::http;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<TcpSocket>;

namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

std::string common_name(TlsStream& stream) {
  X509* certificate = SSL_get1_peer_certificate(stream.native_handle());
  if (certificate == nullptr) return {};
  std::string name(64, '\0');
  const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               name.data(), static_cast<int>(name.size()));
  X509_free(certificate);
  name.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return name;
}

std::string common_name(TcpSocket&) {
  return {};
}

std::string head(int status, const std::string& extra_headers) {
  return fmt::format("HTTP/1.1 {} Scripted\r\nContent-Type: application/json\r\n{}", status, extra_headers);
}

std::string chunk(const std::string& text) {
  return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}

}  // namespace

Step answer(int status, const std::string& body, const std::string& extra_headers) {
  Step step;
  step.pieces.push_back(head(status, extra_headers) + fmt::format("Content-Length: {}\r\n\r\n", body.size()) +
                        body);
  return step;
}

Step answer_then_close(int status, const std::string& body) {
  Step step = answer(status, body);
  step.then = Step::Then::close;
  return step;
}

Step close_unanswered() {
  Step step;
  step.then = Step::Then::close;
  return step;
}

Step hang() {
  Step step;
  step.then = Step::Then::hang;
  return step;
}

Step stream(const std::vector<std::string>& body_pieces, Step::Then then, bool whole) {
  Step step;
  step.pieces.push_back(head(200, "Transfer-Encoding: chunked\r\n\r\n"));
  for (const auto& piece : body_pieces) step.pieces.push_back(chunk(piece));
  if (whole) step.pieces.emplace_back("0\r\n\r\n");
  step.then = then;
  return step;
}

std::string status_body(int code, const std::string& reason, const std::string& message) {
  return boost::json::serialize(boost::json::object{{"kind", "Status"},
                                                    {"apiVersion", "v1"},
                                                    {"status", "Failure"},
                                                    {"message", message},
                                                    {"reason", reason},
                                                    {"code", code}});
}

Step refuse(int code, const std::string& reason, const std::string& message,
            const std::string& extra_headers) {
  return answer(code, status_body(code, reason, message), extra_headers);
}

std::vector<std::string> SeenRequest::values(const std::string& header) const {
  std::vector<std::string> found;
  for (const auto& [name, value] : headers) {
    if (boost::beast::iequals(name, header)) found.push_back(value);
  }
  return found;
}

struct ScriptedServer::State {
  State(asio::io_context& io, bool with_tls)
      : executor(io.get_executor()),
        tls(with_tls),
        acceptor(executor, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
        context(std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server)) {
    connection.name = "scripted";
    connection.tls = with_tls;
    connection.host = "127.0.0.1";
    connection.port = acceptor.local_endpoint().port();
    if (with_tls) set_up_tls();
  }

  void set_up_tls() {
    const KeyPair authority = must(make_authority("scripted-ca", std::chrono::hours{1}));
    CertificateRequest server;
    server.common_name = "kubernetes";
    server.dns_names = {"kubernetes"};
    server.ip_addresses = {"127.0.0.1"};
    server.server = true;
    const KeyPair own = must(issue_certificate(authority, server));
    CertificateRequest client;
    client.common_name = "drill-operator";
    client.client = true;
    const KeyPair operators = must(issue_certificate(authority, client));

    context->use_certificate_chain(asio::buffer(own.certificate));
    context->use_private_key(asio::buffer(own.key), asio::ssl::context::pem);
    context->add_certificate_authority(asio::buffer(authority.certificate));
    context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    connection.ca = authority.certificate;
    connection.client_certificate = operators.certificate;
    connection.client_key = operators.key;
  }

  Step next_step() {
    if (script.empty() && handler) return handler(seen.back());
    if (script.empty()) return refuse(500, "InternalError", "beyond the script");
    Step step = std::move(script.front());
    script.pop_front();
    return step;
  }

  Executor executor;
  bool tls;
  TcpAcceptor acceptor;
  std::shared_ptr<asio::ssl::context> context;
  Connection connection;
  std::deque<Step> script;
  std::function<Step(const SeenRequest&)> handler;
  std::vector<SeenRequest> seen;
  int accepted = 0;
  int open = 0;
};

namespace {

// Counts a connection as open for as long as its coroutine lives.
class OpenCount {
 public:
  explicit OpenCount(int& count) : count_(count) { ++count_; }
  ~OpenCount() { --count_; }
  OpenCount(const OpenCount&) = delete;
  OpenCount& operator=(const OpenCount&) = delete;

 private:
  int& count_;
};

template <class State, class Stream>
Task<> serve(std::shared_ptr<State> state, Stream stream, int number) {
  const OpenCount counted(state->open);
  boost::beast::flat_buffer buffer;
  auto then = Step::Then::keep;
  while (then == Step::Then::keep) {
    http::request<http::string_body> request;
    const auto [error, count] = co_await http::async_read(stream, buffer, request, try_await);
    if (error) co_return;
    SeenRequest seen;
    seen.method = request.method_string();
    seen.target = request.target();
    seen.content_type = request[http::field::content_type];
    seen.authorization = request[http::field::authorization];
    seen.body = request.body();
    seen.client = common_name(stream);
    for (const auto& header : request.base())
      seen.headers.emplace_back(std::string(header.name_string()), std::string(header.value()));
    seen.connection = number;
    state->seen.push_back(std::move(seen));
    const Step step = state->next_step();
    for (const auto& piece : step.pieces) {
      const auto [failed, sent] = co_await asio::async_write(stream, asio::buffer(piece), try_await);
      if (failed) co_return;
    }
    then = step.then;
  }
  if (then == Step::Then::close) co_return;
  char byte = 0;
  auto until_the_client_goes = co_await stream.async_read_some(asio::buffer(&byte, 1), try_await);
  static_cast<void>(until_the_client_goes);
}

template <class State>
Task<> shake_hands(std::shared_ptr<State> state, TcpSocket socket, int number) {
  TlsStream stream(std::move(socket), *state->context);
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, try_await);
  if (error) co_return;
  co_await serve(state, std::move(stream), number);
}

template <class State>
void start(const std::shared_ptr<State>& state, TcpSocket socket) {
  const int number = ++state->accepted;
  if (state->tls) {
    asio::co_spawn(state->executor, shake_hands(state, std::move(socket), number), asio::detached);
  } else {
    asio::co_spawn(state->executor, serve(state, std::move(socket), number), asio::detached);
  }
}

template <class State>
Task<> listen(std::shared_ptr<State> state) {
  while (true) {
    auto [error, socket] = co_await state->acceptor.async_accept(try_await);
    if (error) co_return;
    socket.set_option(tcp::no_delay(true));
    start(state, std::move(socket));
  }
}

}  // namespace

ScriptedServer::ScriptedServer(asio::io_context& io, bool tls) : state_(std::make_shared<State>(io, tls)) {
  asio::co_spawn(state_->executor, listen(state_), asio::detached);
}

ScriptedServer::~ScriptedServer() {
  error_code ignored;
  state_->acceptor.close(ignored);
}

void ScriptedServer::then(Step step) {
  state_->script.push_back(std::move(step));
}

void ScriptedServer::answer_by(std::function<Step(const SeenRequest&)> handler) {
  state_->handler = std::move(handler);
}

const std::vector<SeenRequest>& ScriptedServer::seen() const {
  return state_->seen;
}

int ScriptedServer::open_connections() const {
  return state_->open;
}

std::shared_ptr<asio::ssl::context> ScriptedServer::tls() const {
  return state_->context;
}

Connection ScriptedServer::connection() const {
  return state_->connection;
}

}  // namespace meshdrill::kube::test
