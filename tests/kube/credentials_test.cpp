// Who we are to the API: passwords, impersonation, and plugins run as kubectl runs them.
#include "base/base64.hpp"
#include "base/files.hpp"
#include "kube/client.hpp"
#include "kube/exec_plugin.hpp"
#include "kube/support/kubeconfig_folder.hpp"
#include "kube/support/run.hpp"
#include "kube/support/scripted_server.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;

namespace {

constexpr const char* version = "client.authentication.k8s.io/v1";

json::object credential(json::object status) {
  return {{"kind", "ExecCredential"}, {"apiVersion", version}, {"status", std::move(status)}};
}

// A server that asks for no client certificate, and a plugin: a script whose runs are counted.
struct Plugin {
  asio::io_context io{1};
  ScriptedServer server{io};
  KubeconfigFolder folder;

  // A connection by a script that counts itself in the file `runs` and then does `body`.
  [[nodiscard]] Connection connection(const std::string& body) const {
    const std::string script =
        folder.write("plugin.sh", "#!/bin/sh\necho x >>" + folder.path("runs") + "\n" + body + "\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    Connection connection = server.connection();
    ExecPlugin plugin;
    plugin.api_version = version;
    plugin.command = script;
    plugin.interactive = ExecPlugin::Interactive::never;
    plugin.install_hint = "get it from your administrator";
    connection.exec = plugin;
    // These would be taken instead.
    connection.client_certificate.clear();
    connection.client_key.clear();
    return connection;
  }

  // A script that prints this, in a file beside it.
  [[nodiscard]] Connection printing(const json::object& answer) const {
    return connection("cat " + folder.write("answer", json::serialize(answer)));
  }

  [[nodiscard]] std::size_t runs() const {
    const auto text = read_file(folder.path("runs"));
    return text ? static_cast<std::size_t>(std::count(text->begin(), text->end(), '\n')) : 0;
  }
};

ApiResult<json::value> get(Plugin& plugin, Client& client) {
  Request request;
  request.path = "/version";
  return run(plugin.io, client.request(request));
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a password goes out as basic authentication") {
  asio::io_context io{1};
  ScriptedServer server{io};
  server.then(answer(200, "{}"));
  Connection connection = server.connection();
  connection.username = "anna";
  connection.password = "s3cret";
  Client client(io.get_executor(), connection);
  Request request;
  request.path = "/version";
  CHECK(run(io, client.request(request)).has_value());
  CHECK(server.seen().at(0).authorization == "Basic YW5uYTpzM2NyZXQ=");
}

TEST_CASE("impersonation is in the headers of every request") {
  asio::io_context io{1};
  ScriptedServer server{io};
  server.then(answer(200, "{}"));
  Connection connection = server.connection();
  connection.impersonation.user = "system:serviceaccount:shop:drill";
  connection.impersonation.uid = "u-7";
  connection.impersonation.groups = {"drillers", "system:authenticated"};
  connection.impersonation.extra = {{"example.org/Scope", {"one", "two"}}};
  Client client(io.get_executor(), connection);
  Request request;
  request.path = "/version";
  CHECK(run(io, client.request(request)).has_value());
  const SeenRequest& seen = server.seen().at(0);
  CHECK(seen.values("Impersonate-User") == std::vector<std::string>{"system:serviceaccount:shop:drill"});
  CHECK(seen.values("Impersonate-Uid") == std::vector<std::string>{"u-7"});
  CHECK(seen.values("Impersonate-Group") == std::vector<std::string>{"drillers", "system:authenticated"});
  CHECK(seen.values("Impersonate-Extra-example.org%2FScope") == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a plugin's token is used until it expires") {
  Plugin plugin;
  // The scripted server lets in who has its client certificate; the token is what counts here.
  Connection connection =
      plugin.printing(credential({{"token", "t-1"},
                                  {"clientCertificateData", plugin.server.connection().client_certificate},
                                  {"clientKeyData", plugin.server.connection().client_key},
                                  {"expirationTimestamp", "2999-01-01T00:00:00+02:00"}}));
  Client client(plugin.io.get_executor(), connection);
  for (int times = 0; times < 2; ++times) {
    plugin.server.then(answer(200, "{}"));
    const auto got = get(plugin, client);
    if (!got) FAIL(to_string(got.error()));
  }
  CHECK(plugin.runs() == 1);
  CHECK(plugin.server.seen().at(1).authorization == "Bearer t-1");
  CHECK(plugin.server.seen().at(1).client == "drill-operator");
  CHECK(plugin.server.seen().at(1).connection == 1);

  Connection stale =
      plugin.printing(credential({{"token", "t-2"},
                                  {"clientCertificateData", plugin.server.connection().client_certificate},
                                  {"clientKeyData", plugin.server.connection().client_key},
                                  {"expirationTimestamp", "2001-01-01T00:00:00Z"}}));
  Client impatient(plugin.io.get_executor(), stale);
  for (int times = 0; times < 2; ++times) {
    plugin.server.then(answer(200, "{}"));
    CHECK(get(plugin, impatient).has_value());
  }
  CHECK(plugin.runs() == 3);
}

TEST_CASE("a 401 makes the plugin run once more") {
  Plugin plugin;
  const std::string pair =
      fmt::format(R"("clientCertificateData":{},"clientKeyData":{})",
                  json::serialize(json::value(plugin.server.connection().client_certificate)),
                  json::serialize(json::value(plugin.server.connection().client_key)));
  const std::string file = plugin.folder.write("rest", pair);
  // Another token in every run.
  Connection connection = plugin.connection(fmt::format(
      "printf '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{}\",\"status\":{{\"token\":\"t-%s\",' "
      "$(wc -l <{})\ncat {}\necho '}}}}'",
      version, plugin.folder.path("runs"), file));
  Client client(plugin.io.get_executor(), connection);
  plugin.server.then(refuse(401, "Unauthorized", "Unauthorized"));
  plugin.server.then(answer(200, "{}"));
  const auto got = get(plugin, client);
  if (!got) FAIL(to_string(got.error()));
  CHECK(plugin.runs() == 2);
  CHECK(plugin.server.seen().at(1).authorization == "Bearer t-2");
  plugin.server.then(refuse(401, "Unauthorized", "Unauthorized"));
  plugin.server.then(refuse(401, "Unauthorized", "Unauthorized"));
  CHECK(get(plugin, client).error().is(401));
  CHECK(plugin.runs() == 3);
}

TEST_CASE("requests at the same time wait for one run of the plugin") {
  Plugin plugin;
  Connection connection = plugin.connection("sleep 0.3; cat " + plugin.folder.path("answer"));
  plugin.folder.write(
      "answer",
      json::serialize(credential({{"token", "t"},
                                  {"clientCertificateData", plugin.server.connection().client_certificate},
                                  {"clientKeyData", plugin.server.connection().client_key}})));
  Client client(plugin.io.get_executor(), connection);
  int done = 0;
  const auto ask = [&]() -> Task<> {
    Request request;
    request.path = "/version";
    const auto answered = co_await client.request(std::move(request));
    done += answered.has_value() ? 1 : 0;
  };
  for (int i = 0; i < 3; ++i) {
    plugin.server.then(answer(200, "{}"));
    asio::co_spawn(plugin.io.get_executor(), ask(), asio::detached);
  }
  run_until(plugin.io, [&] { return done == 3; });
  CHECK(plugin.runs() == 1);
}

TEST_CASE("a plugin that fails is told of without what it printed") {
  Plugin plugin;
  struct Row {
    std::string body;
    const char* said;
  };
  const std::string other =
      R"(echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"s3cret"}}')";
  const std::string half = fmt::format(
      R"(echo '{{"kind":"ExecCredential","apiVersion":"{}","status":{{"clientKeyData":"s3cret"}}}}')",
      version);
  const Row rows[] = {{"echo s3cret; exit 7", "it ended with 7"},
                      {"echo s3cret", "not an ExecCredential in JSON"},
                      {"echo '{\"kind\":\"Status\"}'", "not of kind ExecCredential"},
                      {other, "the kubeconfig says client.authentication.k8s.io/v1"},
                      {half, "a key without its certificate"},
                      {"kill -9 $$", "it ended with 137"},
                      {"head -c 2000000 /dev/zero", "prints too much"}};
  for (const Row& row : rows) {
    CAPTURE(row.body);
    Client client(plugin.io.get_executor(), plugin.connection(row.body));
    const auto failed = get(plugin, client);
    REQUIRE_FALSE(failed.has_value());
    const std::string said = to_string(failed.error());
    CAPTURE(said);
    CHECK(mentions(said, row.said));
    CHECK(mentions(said, "plugin.sh"));
    CHECK_FALSE(mentions(said, "s3cret"));
  }
  CHECK(plugin.server.seen().empty());
}

TEST_CASE("a plugin that is not there is named with how to get it") {
  Plugin plugin;
  Connection connection = plugin.connection("");
  connection.exec->command = "meshdrill-no-such-plugin";
  Client client(plugin.io.get_executor(), connection);
  const auto failed = get(plugin, client);
  REQUIRE_FALSE(failed.has_value());
  const std::string said = to_string(failed.error());
  CHECK(mentions(said, "meshdrill-no-such-plugin: No such file"));
  CHECK(mentions(said, "get it from your administrator"));
}

TEST_CASE("a plugin sees its arguments, its environment and the cluster, and no shell touches them") {
  Plugin plugin;
  Connection connection = plugin.connection(
      "printf '%s|' \"$@\" \"$LANGUAGE_OF_TEST\" \"$KUBERNETES_EXEC_INFO\" >" + plugin.folder.path("told"));
  connection.exec->arguments = {"--for", "a b; $(id) *"};
  connection.exec->environment = {{"LANGUAGE_OF_TEST", "x y"}};
  connection.exec->cluster_info = R"({"server":"https://a"})";
  Client client(plugin.io.get_executor(), connection);
  CHECK_FALSE(get(plugin, client).has_value());
  const auto told = read_file(plugin.folder.path("told"));
  REQUIRE(told.has_value());
  const std::string start = "--for|a b; $(id) *|x y|";
  REQUIRE(told->starts_with(start));
  const json::value info = json::parse(told->substr(start.size(), told->size() - start.size() - 1));
  CHECK(info.at("apiVersion") == version);
  CHECK(info.at_pointer("/spec/interactive") == false);
  CHECK(info.at_pointer("/spec/cluster/server") == "https://a");
}

TEST_CASE("no plugin is run for who has something else to show and none over plain http") {
  Plugin plugin;
  Connection connection = plugin.connection("exit 1");
  connection.client_certificate = plugin.server.connection().client_certificate;
  connection.client_key = plugin.server.connection().client_key;
  Client client(plugin.io.get_executor(), connection);
  plugin.server.then(answer(200, "{}"));
  CHECK(get(plugin, client).has_value());

  ScriptedServer plain(plugin.io, false);
  plain.then(answer(200, "{}"));
  Connection unprotected = plain.connection();
  unprotected.exec = connection.exec;
  unprotected.username = "anna";
  unprotected.password = "s3cret";
  Client over_http(plugin.io.get_executor(), unprotected);
  CHECK(get(plugin, over_http).has_value());
  CHECK(plain.seen().at(0).authorization.empty());
  CHECK(plugin.runs() == 0);
}

TEST_CASE("cancelling ends the plugin") {
  Plugin plugin;
  Connection connection = plugin.connection("echo $$ >" + plugin.folder.path("pid") + "; exec sleep 100");
  Client client(plugin.io.get_executor(), connection);
  Request request;
  request.path = "/version";
  const auto cancelled = run(plugin.io, client.request(request),
                             [&] { return !read_file(plugin.folder.path("pid")).value_or("").empty(); });
  REQUIRE_FALSE(cancelled.has_value());
  CHECK(cancelled.error().kind == ApiError::Kind::cancelled);
  const std::string pid = read_file(plugin.folder.path("pid")).value();
  CHECK_FALSE(std::filesystem::exists("/proc/" + pid.substr(0, pid.size() - 1)));
}

TEST_CASE("expiry is read with its offset and nonsense refused") {
  ExecPlugin plugin;
  plugin.api_version = version;
  const auto expiry = [&](const std::string& time) {
    return parse_exec_credential(json::serialize(credential({{"token", "t"}, {"expirationTimestamp", time}})),
                                 plugin);
  };
  using namespace std::chrono;
  const auto noon = sys_days{year{2026} / 1 / 31} + hours{12};
  CHECK(expiry("2026-01-31T12:00:00Z").value().expires == noon);
  CHECK(expiry("2026-01-31T14:00:00.5+02:00").value().expires == noon + milliseconds{500});
  CHECK(expiry("2026-01-31T06:30:00-05:30").value().expires == noon);
  CHECK_FALSE(expiry("tomorrow").has_value());
  CHECK_FALSE(expiry("2026-01-31T12:00:00+0x:00").has_value());
}

TEST_CASE("no message of any failure shows a secret") {
  const std::string token = "eyJhbGciOiJ.s3cret-token.x";
  const std::string password = "s3cret-password";
  const std::string basic = encode_base64("anna:" + password);
  for (const bool by_token : {true, false}) {
    const std::string echo = "you sent Authorization: " + (by_token ? "Bearer " + token : "Basic " + basic);
    const std::vector<Step> answers = {refuse(403, "Forbidden", echo),
                                       refuse(401, "Unauthorized", echo),
                                       answer(502, "<html>" + echo),
                                       answer(502, std::string(180, ' ') + echo),
                                       answer(200, echo),
                                       close_unanswered()};
    for (const Step& step : answers) {
      CAPTURE(by_token);
      asio::io_context io{1};
      ScriptedServer server{io};
      Connection connection = server.connection();
      if (by_token) {
        connection.token = token;
      } else {
        connection.username = "anna";
        connection.password = password;
      }
      for (int times = 0; times < 3; ++times) server.then(step);
      Client client(io.get_executor(), connection);
      Request request;
      request.method = Method::put;
      request.path = "/x";
      request.body = json::object{};
      const auto failed = run(io, client.request(request));
      REQUIRE_FALSE(failed.has_value());
      const std::string said = to_string(failed.error());
      CAPTURE(said);
      CHECK_FALSE(mentions(said, "s3cret"));
      CHECK_FALSE(mentions(said, basic.substr(0, 8)));
    }
  }
  // Keys that do not fit, and a server that is another.
  asio::io_context io{1};
  ScriptedServer server{io};
  Connection connection = server.connection();
  connection.token = token;
  connection.client_key = "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n";
  Client broken(io.get_executor(), connection);
  Request request;
  request.path = "/x";
  const auto unusable = run(io, broken.request(request));
  REQUIRE_FALSE(unusable.has_value());
  CHECK_FALSE(mentions(to_string(unusable.error()), "s3cret"));
}
