// Over real TLS sockets: who gets in, how streams behave, and how faults look from outside.
#include "lab/api/api_server.hpp"

#include "lab/api_fixture.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::lab;

namespace {

namespace http = boost::beast::http;

KeyPair issue(const KeyPair& authority, const std::string& name, bool server) {
  CertificateRequest request;
  request.common_name = name;
  request.organization = "testers";
  request.server = server;
  request.client = !server;
  if (server) request.ip_addresses = {"127.0.0.1"};
  return issue_certificate(authority, request).value();
}

// An API server on a thread of its own.
class Cluster {
 public:
  Cluster()
      : authority(make_authority("lab", std::chrono::hours{24}).value()),
        server(context_.get_executor(), config(), store) {
    REQUIRE(server.start());
    port = server.port();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Cluster() {
    run([this] { server.stop(); });
    guard_.reset();
    thread_.join();
  }

  // Runs `action` on the server's thread and waits for it.
  template <class Action>
  void run(Action action) {
    std::promise<void> done;
    asio::post(context_, [&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }

  void set(ApiFault fault) {
    run([&] { server.faults().set(std::move(fault)); });
  }

  std::optional<std::int64_t> replicas() {
    std::optional<std::int64_t> found;
    run([&] {
      const ObjectPtr live = store.get("deployments", "default", "web");
      if (live) found = integer_at(*live, {"spec", "replicas"});
    });
    return found;
  }

 private:
  ApiServerConfig config() const {
    ApiServerConfig config;
    config.endpoint = {asio::ip::make_address("127.0.0.1"), 0};
    config.certificate = issue(authority, "kube-apiserver", true);
    config.client_authority = authority.certificate;
    config.tokens["secret"] = {.name = "bot", .groups = {}};
    return config;
  }

  asio::io_context context_{1};
  asio::executor_work_guard<Executor> guard_{context_.get_executor()};
  std::thread thread_;

 public:
  KeyPair authority;
  ObjectStore store;
  ApiServer server;
  std::uint16_t port = 0;
};

// A blocking client with one connection.
class Client {
 public:
  Client(Cluster& cluster, const std::optional<KeyPair>& certificate, int newest_tls = TLS1_3_VERSION)
      : stream_(context_, settings(cluster, certificate, newest_tls)) {
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address("127.0.0.1"), cluster.port);
    stream_.next_layer().connect(endpoint);
    stream_.handshake(asio::ssl::stream_base::client, failure);
  }

  // nullopt when the connection ended instead.
  std::optional<http::response<http::string_body>> ask(http::verb method, std::string_view target,
                                                       std::string_view body = {},
                                                       std::string_view type = "application/json") {
    send(method, target, body, type);
    http::response<http::string_body> response;
    if (!failure) http::read(stream_, buffer_, response, failure);
    if (failure) return std::nullopt;
    return response;
  }

  void send(http::verb method, std::string_view target, std::string_view body = {},
            std::string_view type = "application/json") {
    http::request<http::string_body> request(method, target, 11);
    request.set(http::field::host, "127.0.0.1");
    request.set(http::field::content_type, type);
    if (!token.empty()) request.set(http::field::authorization, "Bearer " + token);
    request.body() = body;
    request.prepare_payload();
    http::write(stream_, request, failure);
  }

  // The next line of a watch; empty when the stream ended.
  std::string line() {
    if (!parser_) {
      parser_.emplace();
      http::read_header(stream_, buffer_, *parser_, failure);
    }
    while (!failure) {
      std::string& body = parser_->get().body();
      if (const std::size_t end = body.find('\n'); end != std::string::npos) {
        const std::string line = body.substr(0, end);
        body.erase(0, end + 1);
        return line;
      }
      if (parser_->is_done()) return {};
      http::read_some(stream_, buffer_, *parser_, failure);
    }
    return {};
  }

  std::string token;
  error_code failure;

 private:
  asio::ssl::context& settings(Cluster& cluster, const std::optional<KeyPair>& certificate, int newest_tls) {
    tls_.set_verify_mode(asio::ssl::verify_peer);
    tls_.add_certificate_authority(asio::buffer(cluster.authority.certificate));
    SSL_CTX_set_max_proto_version(tls_.native_handle(), newest_tls);
    if (certificate) {
      tls_.use_certificate_chain(asio::buffer(certificate->certificate));
      tls_.use_private_key(asio::buffer(certificate->key), asio::ssl::context::pem);
    }
    return tls_;
  }

  asio::io_context context_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  boost::beast::ssl_stream<asio::ip::tcp::socket> stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::string_body>> parser_;
};

Client admin(Cluster& cluster) {
  return {cluster, issue(cluster.authority, "admin", false)};
}

std::string web_body(int replicas) {
  return boost::json::serialize(deployment("web", replicas));
}

unsigned status_of(const std::optional<http::response<http::string_body>>& response) {
  return response ? response->result_int() : 0;
}

}  // namespace

TEST_CASE("a client is known by its certificate or its token or turned away") {
  Cluster cluster;
  Client certified = admin(cluster);
  CHECK(status_of(certified.ask(http::verb::get, "/version")) == 200);
  Client stranger(cluster, std::nullopt);
  const auto refused = stranger.ask(http::verb::get, "/version");
  REQUIRE(refused);
  CHECK(refused->result_int() == 401);
  CHECK(text_at(parse_object(refused->body()), {"reason"}) == "Unauthorized");
  stranger.token = "wrong";
  CHECK(status_of(stranger.ask(http::verb::get, "/version")) == 401);
  stranger.token = "secret";
  CHECK(status_of(stranger.ask(http::verb::get, "/version")) == 200);
}

TEST_CASE("a certificate of another authority and an old TLS are refused") {
  Cluster cluster;
  const KeyPair other = make_authority("other", std::chrono::hours{24}).value();
  Client foreign(cluster, issue(other, "admin", false));
  CHECK_FALSE(foreign.ask(http::verb::get, "/version"));
  Client old(cluster, issue(cluster.authority, "admin", false), TLS1_1_VERSION);
  CHECK(old.failure);
}

TEST_CASE("rules see the user of the certificate") {
  Cluster cluster;
  cluster.run([&] {
    cluster.server.handler().access().deny({.user = "guest", .verb = {}, .resource = "pods", .ns = {}});
  });
  Client guest(cluster, issue(cluster.authority, "guest", false));
  CHECK(status_of(guest.ask(http::verb::get, "/api/v1/pods")) == 403);
  Client other = admin(cluster);
  CHECK(status_of(other.ask(http::verb::get, "/api/v1/pods")) == 200);
}

TEST_CASE("one connection serves many requests") {
  Cluster cluster;
  Client client = admin(cluster);
  CHECK(status_of(client.ask(http::verb::post, deployments, web_body(1))) == 201);
  for (int i = 2; i < 20; ++i) {
    const std::string body = R"({"spec":{"replicas":)" + std::to_string(i) + "}}";
    CHECK(status_of(client.ask(http::verb::patch, web_scale, body, merge_patch)) == 200);
  }
  CHECK(cluster.replicas() == 19);
}

TEST_CASE("a watch streams changes as they come") {
  Cluster cluster;
  Client watcher = admin(cluster);
  watcher.send(http::verb::get, std::string(deployments) + "?watch=true");
  Client writer = admin(cluster);
  CHECK(status_of(writer.ask(http::verb::post, deployments, web_body(1))) == 201);
  CHECK(text_at(parse_object(watcher.line()), {"type"}) == "ADDED");
  CHECK(status_of(writer.ask(http::verb::patch, web_scale, R"({"spec":{"replicas":4}})", merge_patch)) ==
        200);
  const Object event = parse_object(watcher.line());
  CHECK(text_at(event, {"type"}) == "MODIFIED");
  CHECK(integer_at(event, {"object", "spec", "replicas"}) == 4);
  CHECK(status_of(writer.ask(http::verb::delete_, web)) == 200);
  CHECK(text_at(parse_object(watcher.line()), {"type"}) == "DELETED");
}

TEST_CASE("a watch ends after its time with a bookmark") {
  Cluster cluster;
  Client client = admin(cluster);
  client.send(http::verb::get,
              std::string(deployments) + "?watch=true&timeoutSeconds=1&allowWatchBookmarks=true");
  CHECK(text_at(parse_object(client.line()), {"type"}) == "BOOKMARK");
  CHECK(client.line().empty());
  CHECK_FALSE(client.failure);
}

TEST_CASE("open watches can be expired and new ones too") {
  Cluster cluster;
  Client client = admin(cluster);
  CHECK(status_of(client.ask(http::verb::post, deployments, web_body(1))) == 201);
  Client watcher = admin(cluster);
  watcher.send(http::verb::get, std::string(deployments) + "?watch=true");
  CHECK(text_at(parse_object(watcher.line()), {"type"}) == "ADDED");
  cluster.run([&] { cluster.server.expire_watches(); });
  const Object error = parse_object(watcher.line());
  CHECK(text_at(error, {"type"}) == "ERROR");
  CHECK(text_at(error, {"object", "reason"}) == "Expired");
  CHECK(watcher.line().empty());

  cluster.set({.kind = ApiFault::Kind::expired_watch, .count = 1, .method = {}, .resource = {}});
  Client late = admin(cluster);
  late.send(http::verb::get, std::string(deployments) + "?watch=true&resourceVersion=2");
  CHECK(text_at(parse_object(late.line()), {"type"}) == "ERROR");
}

TEST_CASE("an API that is too busy or broken says so and does nothing") {
  Cluster cluster;
  Client client = admin(cluster);
  CHECK(status_of(client.ask(http::verb::post, deployments, web_body(1))) == 201);
  cluster.set({.kind = ApiFault::Kind::too_many_requests,
               .count = 1,
               .retry_after = 7,
               .method = {},
               .resource = {}});
  const auto busy = client.ask(http::verb::patch, web_scale, R"({"spec":{"replicas":4}})", merge_patch);
  REQUIRE(busy);
  CHECK(busy->result_int() == 429);
  CHECK((*busy)["Retry-After"] == "7");
  cluster.set({.kind = ApiFault::Kind::internal_error, .method = "PATCH", .resource = "deployments/scale"});
  for (int i = 0; i < 3; ++i) {
    CHECK(status_of(client.ask(http::verb::patch, web_scale, R"({"spec":{"replicas":4}})", merge_patch)) ==
          500);
  }
  CHECK(status_of(client.ask(http::verb::get, web_scale)) == 200);
  CHECK(cluster.replicas() == 1);
  cluster.run([&] { cluster.server.faults().clear(ApiFault::Kind::internal_error); });
  CHECK(status_of(client.ask(http::verb::patch, web_scale, R"({"spec":{"replicas":4}})", merge_patch)) ==
        200);
}

TEST_CASE("a closed connection leaves the request undone") {
  Cluster cluster;
  Client client = admin(cluster);
  cluster.set({.kind = ApiFault::Kind::close, .count = 1, .method = {}, .resource = {}});
  CHECK_FALSE(client.ask(http::verb::post, deployments, web_body(1)));
  CHECK_FALSE(cluster.replicas());
  Client again = admin(cluster);
  CHECK(status_of(again.ask(http::verb::post, deployments, web_body(1))) == 201);
}

TEST_CASE("a lost answer strikes the next write that is done") {
  Cluster cluster;
  Client client = admin(cluster);
  cluster.set({.kind = ApiFault::Kind::lost_answer, .count = 1, .method = {}, .resource = {}});
  CHECK(status_of(client.ask(http::verb::get, deployments)) == 200);
  CHECK(status_of(client.ask(http::verb::post, std::string(deployments) + "?dryRun=All", web_body(1))) ==
        201);
  CHECK(status_of(client.ask(http::verb::delete_, web)) == 404);
  CHECK_FALSE(client.ask(http::verb::post, deployments, web_body(3)));
  CHECK(cluster.replicas() == 3);
  Client again = admin(cluster);
  CHECK(status_of(again.ask(http::verb::patch, web_scale, R"({"spec":{"replicas":4}})", merge_patch)) == 200);
}

TEST_CASE("a conflict strikes updates, and neither reads nor dry runs") {
  Cluster cluster;
  Client client = admin(cluster);
  CHECK(status_of(client.ask(http::verb::post, deployments, web_body(1))) == 201);
  cluster.set({.kind = ApiFault::Kind::conflict, .count = 2, .method = {}, .resource = "*/scale"});
  const std::string four = R"({"spec":{"replicas":4}})";
  CHECK(status_of(client.ask(http::verb::get, web_scale)) == 200);
  CHECK(status_of(client.ask(http::verb::patch, web, four, merge_patch)) == 200);  // not through /scale
  CHECK(status_of(client.ask(http::verb::patch, std::string(web_scale) + "?dryRun=All", four, merge_patch)) ==
        200);
  for (int i = 0; i < 2; ++i)
    CHECK(status_of(client.ask(http::verb::patch, web_scale, R"({"spec":{"replicas":2}})", merge_patch)) ==
          409);
  CHECK(cluster.replicas() == 4);
  CHECK(status_of(client.ask(http::verb::patch, web_scale, R"({"spec":{"replicas":2}})", merge_patch)) ==
        200);
}

TEST_CASE("a webhook that refuses does so in a dry run too") {
  Cluster cluster;
  Client client = admin(cluster);
  CHECK(status_of(client.ask(http::verb::post, deployments, web_body(1))) == 201);
  cluster.set({.kind = ApiFault::Kind::refused, .method = {}, .resource = "deployments/scale"});
  const std::string four = R"({"spec":{"replicas":4}})";
  const auto dry = client.ask(http::verb::patch, std::string(web_scale) + "?dryRun=All", four, merge_patch);
  REQUIRE(dry);
  CHECK(dry->result_int() == 403);
  CHECK(dry->body().find("admission webhook") != std::string::npos);
  CHECK(status_of(client.ask(http::verb::patch, web_scale, four, merge_patch)) == 403);
  CHECK(status_of(client.ask(http::verb::get, web_scale)) == 200);
  CHECK(cluster.replicas() == 1);
}

TEST_CASE("an API that knows nobody answers 401") {
  Cluster cluster;
  Client client = admin(cluster);
  cluster.set({.kind = ApiFault::Kind::unauthorized, .method = {}, .resource = {}});
  CHECK(status_of(client.ask(http::verb::get, deployments)) == 401);
  cluster.run([&] { cluster.server.faults().clear(ApiFault::Kind::unauthorized); });
  CHECK(status_of(client.ask(http::verb::get, deployments)) == 200);
}

TEST_CASE("a slow API answers late") {
  Cluster cluster;
  Client client = admin(cluster);
  cluster.set({.kind = ApiFault::Kind::latency,
               .count = 1,
               .delay = std::chrono::milliseconds{200},
               .method = {},
               .resource = {}});
  const auto begin = Clock::now();
  CHECK(status_of(client.ask(http::verb::get, "/version")) == 200);
  CHECK(Clock::now() - begin >= std::chrono::milliseconds{200});
}

TEST_CASE("stopping ends open connections") {
  Cluster cluster;
  Client watcher = admin(cluster);
  watcher.send(http::verb::get, std::string(deployments) + "?watch=true");
  Client writer = admin(cluster);
  CHECK(status_of(writer.ask(http::verb::post, deployments, web_body(1))) == 201);
  CHECK_FALSE(watcher.line().empty());
  cluster.run([&] { cluster.server.stop(); });
  CHECK(watcher.line().empty());
  CHECK(watcher.failure);
}
