// Which proxy is taken, and the way through each kind of it.
#include "kube/proxy.hpp"

#include "kube/client.hpp"
#include "kube/support/run.hpp"
#include "kube/support/scripted_server.hpp"
#include "kube/support/test_proxy.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;

namespace {

// A client that knows its API server by a name that only the proxy can resolve.
struct Behind {
  asio::io_context io{1};
  ScriptedServer server{io};
  TestProxy proxy;

  explicit Behind(Proxy::Kind kind)
      : proxy(io, kind, server.connection().port, kind == Proxy::Kind::https ? server.tls() : nullptr) {}

  [[nodiscard]] Connection connection() const {
    Connection connection = server.connection();
    connection.host = "kubernetes";
    connection.port = 443;
    connection.proxy = proxy.proxy();
    return connection;
  }

  ApiResult<boost::json::value> get(const Connection& through) {
    Client client(io.get_executor(), through);
    Request request;
    request.path = "/version";
    return run(io, client.request(request));
  }
};

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a proxy of each kind leads to the API server and its certificate is checked as ever") {
  for (const auto kind : {Proxy::Kind::http, Proxy::Kind::https, Proxy::Kind::socks5}) {
    CAPTURE(static_cast<int>(kind));
    Behind behind(kind);
    behind.server.then(answer(200, R"({"major":"1"})"));
    behind.server.then(answer(200, R"({"major":"2"})"));
    Client client(behind.io.get_executor(), behind.connection());
    for (const char* major : {"1", "2"}) {
      Request request;
      request.path = "/version";
      const auto version = run(behind.io, client.request(request));
      if (!version) FAIL(to_string(version.error()));
      CHECK(version->at("major") == major);
    }
    CHECK(behind.proxy.asked() == std::vector<std::string>{"kubernetes:443"});
    CHECK(behind.server.seen().at(1).connection == 1);
    CHECK(behind.server.seen().at(0).client == "drill-operator");

    Connection wrong = behind.connection();
    wrong.tls_server_name = "another";
    const auto refused = behind.get(wrong);
    REQUIRE_FALSE(refused.has_value());
    CHECK(mentions(to_string(refused.error()), "hostname mismatch"));
  }
}

TEST_CASE("a proxy gets its login and no message shows it") {
  for (const auto kind : {Proxy::Kind::http, Proxy::Kind::socks5}) {
    CAPTURE(static_cast<int>(kind));
    Behind behind(kind);
    Connection through = behind.connection();
    through.proxy->username = "anna";
    through.proxy->password = "s3cret";
    behind.server.then(answer(200, "{}"));
    CHECK(behind.get(through).has_value());
    CHECK(behind.proxy.asked().at(0) == "kubernetes:443 as anna:s3cret");
    behind.proxy.refuse();
    const auto refused = behind.get(through);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == ApiError::Kind::transport);
    const std::string said = to_string(refused.error());
    CHECK(mentions(said, "the proxy 127.0.0.1:"));
    CHECK(mentions(said, kind == Proxy::Kind::http ? "403 Forbidden" : "not allowed by its rules"));
    CHECK_FALSE(mentions(said, "s3cret"));
    CHECK_FALSE(mentions(said, "\x1b"));
  }
}

TEST_CASE("a write that the proxy refused was not sent") {
  Behind behind(Proxy::Kind::http);
  behind.proxy.refuse();
  Client client(behind.io.get_executor(), behind.connection());
  Request request;
  request.method = Method::put;
  request.path = "/x";
  request.body = boost::json::object{};
  const auto refused = run(behind.io, client.request(request));
  REQUIRE_FALSE(refused.has_value());
  CHECK_FALSE(refused.error().fate_unknown());
}

TEST_CASE("a proxy that is not there is named") {
  Behind behind(Proxy::Kind::socks5);
  Connection through = behind.connection();
  through.proxy->port = 1;
  const auto refused = behind.get(through);
  REQUIRE_FALSE(refused.has_value());
  CHECK(mentions(to_string(refused.error()), "the proxy 127.0.0.1:1: cannot connect"));
}

TEST_CASE("proxy URLs are taken apart") {
  const auto socks = parse_proxy_url("socks5://us%40er:p%3Aw@[fd00::1]:1081");
  REQUIRE(socks.has_value());
  CHECK(socks->kind == Proxy::Kind::socks5);
  CHECK(socks->host == "fd00::1");
  CHECK(socks->port == 1081);
  CHECK(socks->username == "us@er");
  CHECK(socks->password == "p:w");
  CHECK(to_string(*socks) == "[fd00::1]:1081");
  CHECK(parse_proxy_url("http://p").value().port == 80);
  CHECK(parse_proxy_url("https://p").value().port == 443);
  CHECK(parse_proxy_url("socks5h://p").value().port == 1080);
  for (const char* wrong : {"", "proxy:3128", "ftp://p", "http://", "http://p:0", "http://u:pw@:1"}) {
    CAPTURE(wrong);
    const auto refused = parse_proxy_url(wrong);
    REQUIRE_FALSE(refused.has_value());
    CHECK_FALSE(mentions(refused.error().message, "pw"));
  }
}

TEST_CASE("the environment's proxy is taken as Go takes it") {
  const ProxyEnvironment environment{
      .https_proxy = "proxy.example.org:3128",
      .http_proxy = "http://plain.example.org",
      .no_proxy = " internal.example.org, .only-below.org,10.0.0.0/8,fd00::/8,192.0.2.7, host.example:6443"};
  const auto through = [&](bool tls, const std::string& host, std::uint16_t port = 443) {
    const auto proxy = proxy_for(environment, tls, host, port);
    REQUIRE(proxy.has_value());
    return proxy->has_value() ? to_string(**proxy) : std::string("direct");
  };
  CHECK(through(true, "api.example.org") == "proxy.example.org:3128");
  CHECK(through(false, "api.example.org") == "plain.example.org:80");
  CHECK(through(true, "192.0.2.8") == "proxy.example.org:3128");
  CHECK(through(true, "only-below.org") == "proxy.example.org:3128");
  CHECK(through(true, "host.example", 443) == "proxy.example.org:3128");
  for (const char* direct :
       {"127.0.0.1", "::1", "localhost", "internal.example.org", "a.internal.example.org", "A.Only-Below.org",
        "10.3.4.5", "fd00::17", "192.0.2.7"}) {
    CAPTURE(direct);
    CHECK(through(true, direct) == "direct");
  }
  CHECK(through(true, "host.example", 6443) == "direct");
  CHECK_FALSE(proxy_for(ProxyEnvironment{}, true, "api.example.org", 443).value().has_value());
  CHECK_FALSE(proxy_for(ProxyEnvironment{.https_proxy = "p", .http_proxy = {}, .no_proxy = "*"}, true, "x", 1)
                  .value()
                  .has_value());
  CHECK_FALSE(
      proxy_for(ProxyEnvironment{.https_proxy = "ftp://p", .http_proxy = {}, .no_proxy = {}}, true, "x", 1)
          .has_value());
}
