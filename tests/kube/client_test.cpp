#include "kube/client.hpp"

#include "kube/support/run.hpp"
#include "kube/support/scripted_server.hpp"
#include "support/test_folder.hpp"

#include <string>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;
using Kind = ApiError::Kind;

namespace {

struct Api {
  explicit Api(bool tls = true) : server(io, tls) {}

  asio::io_context io{1};
  ScriptedServer server;
};

Request get(const std::string& path) {
  Request request;
  request.path = path;
  return request;
}

Request put(const std::string& path) {
  Request request;
  request.method = Method::put;
  request.path = path;
  request.body = json::object{{"kind", "Scale"}};
  return request;
}

ApiResult<json::value> ask(Api& api, Client& client, const Request& request) {
  return run(api.io, client.request(request));
}

ApiResult<json::value> ask_once(Api& api, const Connection& connection, const Request& request) {
  Client client(api.io.get_executor(), connection);
  return ask(api, client, request);
}

}  // namespace

TEST_CASE("a GET goes out with the client certificate and the query encoded") {
  Api api;
  api.server.then(answer(200, R"({"kind":"Pod"})"));
  Connection connection = api.server.connection();
  connection.path_prefix = "/k8s/clusters/c-1";
  Request request = get("/api/v1/pods");
  request.query.emplace_back("labelSelector", "app=api,tier!=a b");
  const auto answered = ask_once(api, connection, request);
  REQUIRE(answered.has_value());
  CHECK(answered->at("kind") == "Pod");
  REQUIRE(api.server.seen().size() == 1);
  CHECK(api.server.seen()[0].client == "drill-operator");
  CHECK(api.server.seen()[0].target ==
        "/k8s/clusters/c-1/api/v1/pods?labelSelector=app%3Dapi%2Ctier%21%3Da%20b");
}

TEST_CASE("one connection serves request after request") {
  Api api;
  api.server.then(answer(200, "{}"));
  api.server.then(refuse(404, "NotFound", "gone"));
  api.server.then(stream({"{\"a\"", ":1", "}"}, Step::Then::keep, true));
  api.server.then(answer(200, ""));
  Client client(api.io.get_executor(), api.server.connection());
  CHECK(ask(api, client, get("/a")).has_value());
  CHECK(ask(api, client, get("/b")).error().not_found());
  CHECK(ask(api, client, get("/c")).value().at("a") == 1);
  CHECK(ask(api, client, get("/d")).value().is_null());
  REQUIRE(api.server.seen().size() == 4);
  CHECK(api.server.seen()[3].connection == 1);
}

TEST_CASE("a write carries its body, type and dryRun") {
  Api api;
  api.server.then(answer(200, "{}"));
  Request request = put("/apis/x");
  request.dry_run = true;
  request.query.emplace_back("fieldManager", "meshdrill");
  CHECK(ask_once(api, api.server.connection(), request).has_value());
  const SeenRequest& seen = api.server.seen().at(0);
  CHECK(seen.method == "PUT");
  CHECK(seen.target == "/apis/x?fieldManager=meshdrill&dryRun=All");
  CHECK(seen.content_type == "application/json");
  CHECK(seen.body == R"({"kind":"Scale"})");
}

TEST_CASE("a refusal tells cluster, verb, object, status and the words of the API") {
  Api api;
  api.server.then(refuse(409, "Conflict", "the object has been modified"));
  const auto refused = ask_once(api, api.server.connection(), put("/apis/apps/v1/x/scale"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().conflict());
  CHECK_FALSE(refused.error().fate_unknown());
  CHECK(to_string(refused.error()) ==
        "scripted: PUT /apis/apps/v1/x/scale: HTTP 409 Conflict: the object has been modified");
}

TEST_CASE("a refusal that is no JSON shows its first words without control characters") {
  Api api;
  api.server.then(answer(502, "<html>\x1b[31mBad Gateway"));
  const auto refused = ask_once(api, api.server.connection(), get("/x"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().http_status == 502);
  CHECK(refused.error().message.find("Bad Gateway") != std::string::npos);
  CHECK(refused.error().message.find('\x1b') == std::string::npos);
}

TEST_CASE("a token file is read again after a 401 and the request repeated once") {
  Api api;
  const TestFolder folder;
  Connection connection = api.server.connection();
  connection.token_file = folder.write("token", "first\n");
  Client client(api.io.get_executor(), connection);
  api.server.then(answer(200, "{}"));
  CHECK(ask(api, client, get("/a")).has_value());

  folder.write("token", "second\n");
  api.server.then(refuse(401, "Unauthorized", "Unauthorized"));
  api.server.then(answer(200, "{}"));
  CHECK(ask(api, client, put("/b")).has_value());
  CHECK(api.server.seen().at(1).authorization == "Bearer first");
  CHECK(api.server.seen().at(2).authorization == "Bearer second");

  // The file still says the same: repeating would be of no use.
  api.server.then(refuse(401, "Unauthorized", "Unauthorized"));
  const auto refused = ask(api, client, get("/c"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(401));
  CHECK(api.server.seen().size() == 4);
  CHECK(to_string(refused.error()).find("second") == std::string::npos);
}

TEST_CASE("a token that could end the header is refused and not shown") {
  Api api;
  Connection connection = api.server.connection();
  connection.token = "abc\r\nX-Evil: 1";
  const auto refused = ask_once(api, connection, get("/a"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(to_string(refused.error()).find("abc") == std::string::npos);
  CHECK(api.server.seen().empty());
}

TEST_CASE("plain http never carries credentials") {
  Api api(false);
  api.server.then(answer(200, "{}"));
  Connection connection = api.server.connection();
  connection.token = "secret";
  CHECK(ask_once(api, connection, get("/a")).has_value());
  CHECK(api.server.seen().at(0).authorization.empty());
}

TEST_CASE("429 with Retry-After is waited out for a read but not for a write") {
  Api api;
  api.server.then(refuse(429, "TooManyRequests", "slow down", "Retry-After: 1\r\n"));
  api.server.then(answer(200, "{}"));
  const auto began = Clock::now();
  CHECK(ask_once(api, api.server.connection(), get("/a")).has_value());
  CHECK(Clock::now() - began >= std::chrono::seconds{1});
  CHECK(api.server.seen().size() == 2);

  api.server.then(refuse(429, "TooManyRequests", "slow down", "Retry-After: 1\r\n"));
  const auto refused = ask_once(api, api.server.connection(), put("/b"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(429));
  CHECK(refused.error().retry_after == std::chrono::seconds{1});
  CHECK(api.server.seen().size() == 3);
}

TEST_CASE("a Retry-After beyond the time limit is an error at once") {
  Api api;
  api.server.then(refuse(503, "ServiceUnavailable", "starting", "Retry-After: 60\r\n"));
  Request request = get("/a");
  request.timeout = std::chrono::seconds{5};
  const auto refused = ask_once(api, api.server.connection(), request);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(503));
  CHECK(api.server.seen().size() == 1);
}

TEST_CASE("a write whose answer is lost is ambiguous and never repeated") {
  Api api;
  api.server.then(close_unanswered());
  api.server.then(answer(200, "{}"));
  const auto lost = ask_once(api, api.server.connection(), put("/a"));
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().kind == Kind::ambiguous);
  CHECK(lost.error().fate_unknown());
  CHECK(api.server.seen().size() == 1);
}

TEST_CASE("a write whose answer breaks off after its head is ambiguous") {
  Api api;
  Step half = answer(200, R"({"kind":"Scale"})");
  half.pieces[0].resize(half.pieces[0].size() - 5);
  half.then = Step::Then::close;
  api.server.then(half);
  const auto lost = ask_once(api, api.server.connection(), put("/a"));
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().kind == Kind::ambiguous);
}

TEST_CASE("a read whose answer is lost is repeated once") {
  Api api;
  api.server.then(close_unanswered());
  api.server.then(answer(200, "{}"));
  CHECK(ask_once(api, api.server.connection(), get("/a")).has_value());
  CHECK(api.server.seen().size() == 2);

  api.server.then(close_unanswered());
  api.server.then(close_unanswered());
  api.server.then(answer(200, "{}"));
  const auto lost = ask_once(api, api.server.connection(), get("/b"));
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().kind == Kind::transport);
  CHECK(lost.error().message.find("closed the connection") != std::string::npos);
  CHECK(api.server.seen().size() == 4);
}

TEST_CASE("a dry run is repeated like a read") {
  Api api;
  api.server.then(close_unanswered());
  api.server.then(answer(200, "{}"));
  Request request = put("/a");
  request.dry_run = true;
  CHECK(ask_once(api, api.server.connection(), request).has_value());
}

TEST_CASE("an idle connection that the server closed is not used for a write") {
  Api api;
  api.server.then(answer_then_close(200, "{}"));
  api.server.then(answer(200, "{}"));
  Client client(api.io.get_executor(), api.server.connection());
  CHECK(ask(api, client, get("/a")).has_value());
  run_until(api.io, [&] { return api.server.open_connections() == 0; });
  CHECK(ask(api, client, put("/b")).has_value());
  REQUIRE(api.server.seen().size() == 2);
  CHECK(api.server.seen()[1].connection == 2);
}

TEST_CASE("no answer in time is a timeout for a read and ambiguous for a write") {
  Api silent;
  silent.server.then(hang());
  Request read = get("/a");
  read.timeout = std::chrono::milliseconds{500};
  const auto slow = ask_once(silent, silent.server.connection(), read);
  REQUIRE_FALSE(slow.has_value());
  CHECK(slow.error().kind == Kind::timeout);
  Api api;
  api.server.then(answer(200, "{}"));
  api.server.then(hang());
  // On a connection that stands already, so that the time cannot run out before the write is sent.
  Client client(api.io.get_executor(), api.server.connection());
  CHECK(ask(api, client, get("/b")).has_value());
  Request write = put("/c");
  write.timeout = std::chrono::milliseconds{500};
  const auto lost = ask(api, client, write);
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().kind == Kind::ambiguous);
}

TEST_CASE("cancelling says whether a write was sent") {
  Api api;
  api.server.then(hang());
  api.server.then(hang());
  Client client(api.io.get_executor(), api.server.connection());
  const auto read = run(api.io, client.request(get("/a")), [&] { return api.server.seen().size() == 1; });
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().kind == Kind::cancelled);
  const auto write = run(api.io, client.request(put("/b")), [&] { return api.server.seen().size() == 2; });
  REQUIRE_FALSE(write.has_value());
  CHECK(write.error().kind == Kind::ambiguous);
}

TEST_CASE("the server must be the one that the connection names") {
  Api api;
  Api other;
  Connection connection = api.server.connection();
  connection.ca = other.server.connection().ca;
  const auto foreign = ask_once(api, connection, put("/a"));
  REQUIRE_FALSE(foreign.has_value());
  CHECK(foreign.error().kind == Kind::transport);
  CHECK(foreign.error().message.find("certificate") != std::string::npos);
  CHECK(foreign.error().message.find("127.0.0.1") != std::string::npos);

  connection = api.server.connection();
  connection.tls_server_name = "another.example.org";
  const auto misnamed = ask_once(api, connection, get("/a"));
  REQUIRE_FALSE(misnamed.has_value());
  CHECK(misnamed.error().message.find("ostname mismatch") != std::string::npos);
  CHECK(api.server.seen().empty());

  connection.tls_server_name = "kubernetes";
  api.server.then(answer(200, "{}"));
  CHECK(ask_once(api, connection, get("/a")).has_value());

  connection.tls_server_name = "another.example.org";
  connection.insecure = true;
  connection.ca.clear();
  api.server.then(answer(200, "{}"));
  CHECK(ask_once(api, connection, get("/a")).has_value());
}

TEST_CASE("a server that wants a certificate refuses who has none and no write is in doubt") {
  Api api;
  Connection connection = api.server.connection();
  connection.client_certificate.clear();
  connection.client_key.clear();
  const auto refused = ask_once(api, connection, get("/a"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == Kind::transport);
  CHECK(api.server.seen().empty());
}

TEST_CASE("a refused connection names the address and the cause") {
  asio::io_context io{1};
  std::uint16_t port = 0;
  {
    TcpAcceptor acceptor(io.get_executor(), asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    port = acceptor.local_endpoint().port();
  }
  Connection connection;
  connection.name = "absent";
  connection.tls = false;
  connection.host = "localhost";
  connection.port = port;
  Client client(io.get_executor(), connection);
  const auto refused = run(io, client.request(put("/a")));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == Kind::transport);
  CHECK(refused.error().message.find("127.0.0.1:" + std::to_string(port) + " (localhost)") !=
        std::string::npos);
  CHECK(refused.error().message.find("refused") != std::string::npos);
}

TEST_CASE("a name that does not resolve is said so") {
  asio::io_context io{1};
  Connection connection;
  connection.host = "no-such-host.invalid";
  Client client(io.get_executor(), connection);
  const auto refused = run(io, client.request(get("/a")));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("cannot resolve no-such-host.invalid") != std::string::npos);
}

TEST_CASE("JSON may be a hundred levels deep but not two hundred") {
  Api api;
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  api.server.then(answer(200, nested(100)));
  CHECK(ask_once(api, api.server.connection(), get("/a")).has_value());
  api.server.then(answer(200, nested(200)));
  const auto refused = ask_once(api, api.server.connection(), get("/a"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == Kind::transport);
}

TEST_CASE("a path that would break the request line is refused") {
  Api api;
  for (const auto* path : {"api", "/a b", "/a\r\nX: y", "/a?b=c", ""}) {
    CAPTURE(path);
    const auto refused = ask_once(api, api.server.connection(), get(path));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == Kind::invalid);
  }
  CHECK(api.server.seen().empty());
}

TEST_CASE("credentials that OpenSSL refuses are an error of the request that shows none of them") {
  Api api;
  Connection connection = api.server.connection();
  connection.client_key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
  const auto refused = ask_once(api, connection, get("/a"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("client key") != std::string::npos);
  CHECK(refused.error().message.find("c2VjcmV0") == std::string::npos);
}
