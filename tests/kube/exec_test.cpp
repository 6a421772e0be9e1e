#include "kube/exec.hpp"

#include "kube/support/run.hpp"
#include "kube/support/scripted_server.hpp"
#include "support/test_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::kube;

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

// An API server that answers one exec: with frames, or with a refusal.
struct PodServer {
  asio::io_context io{1};
  TcpAcceptor acceptor{io.get_executor(), {asio::ip::make_address("127.0.0.1"), 0}};
  std::vector<std::string> frames;
  std::string refusal;  // a whole response in place of the upgrade
  bool hang = false;    // after the frames
  std::string target;   // what was asked
  std::string offered;

  static Task<> serve(PodServer& self) {
    TcpSocket socket = co_await self.acceptor.async_accept(await);
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    co_await http::async_read(socket, buffer, request, try_await);
    self.target = std::string(request.target());
    self.offered = std::string(request[http::field::sec_websocket_protocol]);
    if (!self.refusal.empty()) {
      const asio::const_buffer bytes = asio::buffer(self.refusal);
      co_await asio::async_write(socket, bytes, try_await);
      co_return;
    }
    websocket::stream<TcpSocket> stream(std::move(socket));
    stream.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol, "v5.channel.k8s.io");
    }));
    co_await stream.async_accept(request, try_await);
    stream.binary(true);
    for (const std::string& frame : self.frames) {
      const asio::const_buffer bytes = asio::buffer(frame);
      co_await stream.async_write(bytes, try_await);
    }
    if (self.hang) {
      // Until the client goes away.
      co_await stream.async_read(buffer, try_await);
      co_return;
    }
    co_await stream.async_close(websocket::close_code::normal, try_await);
  }

  ApiResult<ExecResult> ask(ExecRequest request) {
    Connection connection;
    connection.name = "east";
    connection.tls = false;
    connection.host = "127.0.0.1";
    connection.port = acceptor.local_endpoint().port();
    Client client(io.get_executor(), std::move(connection));
    asio::co_spawn(io, serve(*this), asio::detached);
    return test::run(io, exec(client, std::move(request)));
  }
};

ExecRequest status_command() {
  ExecRequest request;
  request.namespace_name = "kube-system";
  request.pod = "cilium-1";
  request.container = "cilium-agent";
  request.command = {"cilium-dbg", "status", "a b&c"};
  return request;
}

std::string frame(char channel, const std::string& text) {
  return std::string(1, channel) + text;
}

const std::string success = frame(3, R"({"metadata":{},"status":"Success"})");

}  // namespace

TEST_CASE("a command's output and exit code come over their channels") {
  PodServer server;
  server.frames = {frame(1, "one "), frame(2, "warning"), frame(1, "two"), success};
  const auto result = server.ask(status_command());
  REQUIRE(result);
  CHECK(result->out == "one two");
  CHECK(result->err == "warning");
  CHECK(result->exit_code == 0);
  CHECK(server.target ==
        "/api/v1/namespaces/kube-system/pods/cilium-1/exec?container=cilium-agent&stdout=true&stderr=true"
        "&command=cilium-dbg&command=status&command=a%20b%26c");
  CHECK(server.offered == "v5.channel.k8s.io, v4.channel.k8s.io");
}

TEST_CASE("a command that fails has an exit code") {
  PodServer server;
  server.frames = {frame(3, R"({"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[
    {"reason":"ExitCode","message":"42"}]}})")};
  const auto result = server.ask(status_command());
  REQUIRE(result);
  CHECK(result->exit_code == 42);
}

TEST_CASE("a command that never ran is an error in the runtime's words") {
  PodServer server;
  server.frames = {
      frame(3, R"({"status":"Failure","message":"exec: \"cilium-dbg\": not found","code":500})")};
  const auto result = server.ask(status_command());
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ApiError::Kind::api);
  CHECK(result.error().message.find("not found") != std::string::npos);
}

TEST_CASE("a refusal is the API's") {
  PodServer server;
  const std::string body = R"({"kind":"Status","reason":"Forbidden","message":"no exec for you","code":403})";
  server.refusal = "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body;
  const auto result = server.ask(status_command());
  REQUIRE_FALSE(result);
  CHECK(result.error().is(403));
  CHECK(result.error().message == "no exec for you");
}

TEST_CASE("too much output is refused, and so is an end without a status") {
  PodServer server;
  server.frames = {frame(1, std::string(600, 'x')), frame(1, std::string(600, 'x')), success};
  ExecRequest request = status_command();
  request.output_limit = 1000;
  auto result = server.ask(std::move(request));
  REQUIRE_FALSE(result);
  CHECK(result.error().message.find("more than 1000 bytes") != std::string::npos);

  PodServer silent;
  silent.frames = {frame(1, "half")};
  result = silent.ask(status_command());
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ApiError::Kind::transport);
}

TEST_CASE("a command that does not end is left at the deadline") {
  PodServer server;
  server.frames = {frame(1, "half")};
  server.hang = true;
  ExecRequest request = status_command();
  request.timeout = std::chrono::milliseconds{200};
  const auto result = server.ask(std::move(request));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ApiError::Kind::timeout);
}

TEST_CASE("who asks is in the handshake, and a token file is read again after a 401") {
  asio::io_context io{1};
  test::ScriptedServer server{io};
  const TestFolder folder;
  Connection connection = server.connection();
  connection.token_file = folder.write("token", "first\n");
  connection.path_prefix = "/k8s/clusters/c-1";
  connection.impersonation.user = "anna";
  connection.impersonation.groups = {"one", "two"};
  Client client(io.get_executor(), std::move(connection));
  server.answer_by([&](const test::SeenRequest& seen) {
    if (seen.authorization == "Bearer second") return test::refuse(403, "Forbidden", "not you, second");
    folder.write("token", "second\n");
    return test::refuse(401, "Unauthorized", "Unauthorized");
  });
  const auto result = test::run(io, exec(client, status_command()));
  REQUIRE_FALSE(result);
  CHECK(result.error().is(403));
  CHECK(result.error().message == "not you, ***");
  REQUIRE(server.seen().size() == 2);
  CHECK(server.seen().at(0).authorization == "Bearer first");
  CHECK(server.seen().at(0).target.starts_with("/k8s/clusters/c-1/api/v1/namespaces/kube-system/pods/"));
  CHECK(server.seen().at(0).values("Upgrade") == std::vector<std::string>{"websocket"});
  CHECK(server.seen().at(1).values("Impersonate-User") == std::vector<std::string>{"anna"});
  CHECK(server.seen().at(1).values("Impersonate-Group") == std::vector<std::string>{"one", "two"});

  // The file still says the same: asking again would be of no use.
  server.answer_by(
      [](const test::SeenRequest&) { return test::refuse(401, "Unauthorized", "Unauthorized"); });
  const auto refused = test::run(io, exec(client, status_command()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().is(401));
  CHECK(server.seen().size() == 3);
}

TEST_CASE("the API server's clock is known from its answers") {
  asio::io_context io{1};
  test::ScriptedServer server{io};
  Client client(io.get_executor(), server.connection());
  CHECK_FALSE(client.clock_ahead());
  server.then(test::answer(200, "{}", "Date: Fri, 01 Jan 2100 00:00:00 GMT\r\n"));
  Request request;
  request.path = "/version";
  REQUIRE(test::run(io, client.request(std::move(request))).has_value());
  REQUIRE(client.clock_ahead());
  CHECK(*client.clock_ahead() > std::chrono::hours{24});
}
