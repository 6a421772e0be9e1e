#include "kube/kubeconfig.hpp"

#include "base/base64.hpp"
#include "kube/server_url.hpp"
#include "kube/support/kubeconfig_folder.hpp"

#include <string>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;

namespace {

// One cluster, user and context, all called a; each argument is the inside of a flow map.
std::string single(const std::string& cluster, const std::string& user = "token: t",
                   const std::string& context = "") {
  return fmt::format(
      "apiVersion: v1\nkind: Config\ncurrent-context: a\n"
      "clusters:\n- name: a\n  cluster: {{{}}}\n"
      "users:\n- name: a\n  user: {{{}}}\n"
      "contexts:\n- name: a\n  context: {{cluster: a, user: a{}}}\n",
      cluster, user, context);
}

Checked<ConnectionChoice> choose(const std::string& file, std::string_view context = {}) {
  const auto config = load_kubeconfig(KubeconfigSource{.flag = file, .environment = {}, .home = {}});
  if (!config) return tl::unexpected(config.error());
  return choose_context(*config, context);
}

// The first problem as it is shown, with the folder's name taken out; "" when there is none.
std::string problem(const KubeconfigFolder& folder, const std::string& content) {
  const auto chosen = choose(folder.write("config", content));
  if (chosen) return {};
  std::string text = to_string(chosen.error().front());
  const std::string where = folder.path("");
  if (const auto at = text.find(where); at != std::string::npos) text.erase(at, where.size());
  return text;
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a context becomes a connection") {
  const KubeconfigFolder folder;
  const Credentials credentials = make_credentials();
  folder.write("pki/ca.pem", credentials.authority.certificate);
  folder.write("pki/client.pem", credentials.client.certificate);
  folder.write("pki/client.key", credentials.client.key);
  const std::string file = folder.write(
      "config", single("server: 'https://api.example.org:6443/k8s/c-1/', tls-server-name: kubernetes, "
                       "certificate-authority: pki/ca.pem",
                       "client-certificate: pki/client.pem, client-key: pki/client.key, tokenFile: run/token",
                       ", namespace: shop"));
  const auto chosen = choose(file);
  REQUIRE(chosen.has_value());
  const Connection& connection = chosen->connection;
  CHECK(connection.name == "a");
  CHECK(connection.tls);
  CHECK(connection.host == "api.example.org");
  CHECK(connection.port == 6443);
  CHECK(connection.path_prefix == "/k8s/c-1");
  CHECK(connection.tls_server_name == "kubernetes");
  CHECK(connection.ca == credentials.authority.certificate);
  CHECK(connection.client_certificate == credentials.client.certificate);
  CHECK(connection.client_key == credentials.client.key);
  CHECK(connection.token_file == folder.path("run/token"));
  CHECK(connection.default_namespace == "shop");
  CHECK(chosen->notes.empty());
}

TEST_CASE("data beats the file of the same name") {
  const KubeconfigFolder folder;
  const Credentials credentials = make_credentials();
  const std::string file =
      folder.write("config", single("server: 'https://a', certificate-authority: absent.pem, "
                                    "certificate-authority-data: " +
                                    encode_base64(credentials.authority.certificate)));
  const auto chosen = choose(file);
  REQUIRE(chosen.has_value());
  CHECK(chosen->connection.ca == credentials.authority.certificate);
  CHECK(chosen->connection.token == "t");
  CHECK(chosen->connection.default_namespace == "default");
}

TEST_CASE("JSON is read as well") {
  const KubeconfigFolder folder;
  const std::string file =
      folder.write("config",
                   R"({"current-context":"y","contexts":[{"name":"y","context":{"cluster":"no","user":""}}],
          "clusters":[{"name":"no","cluster":{"server":"http://127.0.0.1:8001"}}]})");
  const auto chosen = choose(file);
  REQUIRE(chosen.has_value());
  CHECK(chosen->connection.name == "no");
  CHECK_FALSE(chosen->connection.tls);
  CHECK(chosen->connection.port == 8001);
}

TEST_CASE("an unchecked certificate is said loudly") {
  const KubeconfigFolder folder;
  const auto chosen =
      choose(folder.write("config", single("server: 'https://a', insecure-skip-tls-verify: yes")));
  REQUIRE(chosen.has_value());
  CHECK(chosen->connection.insecure);
  REQUIRE(chosen->notes.size() == 1);
  CHECK(chosen->notes[0].severity == Severity::warning);
  CHECK(chosen->notes[0].where.line == 6);
  CHECK(mentions(chosen->notes[0].what, "NOT CHECKED"));
}

TEST_CASE("credentials over plain http are said to stay here") {
  const KubeconfigFolder folder;
  const auto chosen = choose(folder.write("config", single("server: 'http://a'")));
  REQUIRE(chosen.has_value());
  REQUIRE(chosen->notes.size() == 1);
  CHECK(mentions(chosen->notes[0].what, "no credentials are sent"));
}

TEST_CASE("auth-provider is refused with what to do") {
  const KubeconfigFolder folder;
  const std::string said = problem(folder, single("server: 'https://a'", "auth-provider: {name: gcp}"));
  CHECK(mentions(said, "config:9:25: error: auth-provider gcp is not supported"));
  CHECK(mentions(said, "gke-gcloud-auth-plugin"));
}

TEST_CASE("a password and impersonation are read") {
  const KubeconfigFolder folder;
  const auto chosen =
      choose(folder.write("config", single("server: 'https://a'",
                                           "username: anna, password: s3cret, as: root, as-uid: '7', "
                                           "as-groups: [drillers, a], as-user-extra: {scope: [x, z]}")));
  REQUIRE(chosen.has_value());
  const Connection& connection = chosen->connection;
  CHECK(connection.username == "anna");
  CHECK(connection.password == "s3cret");
  CHECK(connection.impersonation.user == "root");
  CHECK(connection.impersonation.uid == "7");
  CHECK(connection.impersonation.groups == std::vector<std::string>{"drillers", "a"});
  REQUIRE(connection.impersonation.extra.size() == 1);
  CHECK(connection.impersonation.extra[0].first == "scope");
  CHECK(connection.impersonation.extra[0].second == std::vector<std::string>{"x", "z"});
  REQUIRE(chosen->notes.size() == 1);
  CHECK(mentions(chosen->notes[0].what, "logs in with a password"));
  CHECK_FALSE(mentions(to_string(chosen->notes), "s3cret"));
}

TEST_CASE("an exec plugin is read with the cluster that it asks for") {
  const KubeconfigFolder folder;
  const Credentials credentials = make_credentials();
  folder.write("ca.pem", credentials.authority.certificate);
  const auto chosen = choose(folder.write(
      "config",
      single("server: 'https://a:6443', certificate-authority: ca.pem, tls-server-name: k, proxy-url: "
             "'http://proxy.example.org:3128', extensions: [{name: client.authentication.k8s.io/exec, "
             "extension: {audience: 7, on: yes}}]",
             "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/login, args: [--for, a b], "
             "env: [{name: A, value: b}], interactiveMode: IfAvailable, provideClusterInfo: true, "
             "installHint: \"get\\tit\\x1b[31m\"}")));
  REQUIRE(chosen.has_value());
  REQUIRE(chosen->connection.exec.has_value());
  const ExecPlugin& plugin = *chosen->connection.exec;
  CHECK(plugin.command == folder.path("bin/login"));
  CHECK(plugin.arguments == std::vector<std::string>{"--for", "a b"});
  REQUIRE(plugin.environment.size() == 1);
  CHECK(plugin.environment[0].second == "b");
  CHECK(plugin.interactive == ExecPlugin::Interactive::if_available);
  CHECK_FALSE(mentions(plugin.install_hint, "\x1b"));
  const auto info = boost::json::parse(plugin.cluster_info);
  CHECK(info.at("server") == "https://a:6443");
  CHECK(info.at("tls-server-name") == "k");
  CHECK(info.at("proxy-url") == "http://proxy.example.org:3128");
  CHECK(info.at("config") == boost::json::parse(R"({"audience":7,"on":true})"));
  CHECK(decode_base64(std::string(info.at("certificate-authority-data").as_string())).value() ==
        credentials.authority.certificate);
  REQUIRE(chosen->connection.proxy.has_value());
  CHECK(chosen->connection.proxy->host == "proxy.example.org");

  const auto bare = choose(folder.write(
      "config", single("server: 'https://a'",
                       "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: kubelogin}")));
  REQUIRE(bare.has_value());
  CHECK(bare->connection.exec->command == "kubelogin");
  CHECK(bare->connection.exec->cluster_info.empty());
}

TEST_CASE("the environment's proxy serves clusters without one of their own") {
  const KubeconfigFolder folder;
  KubeconfigSource source;
  source.flag = folder.write("config", single("server: 'https://api.example.org'"));
  source.proxies.https_proxy = "http://proxy.example.org:3128";
  source.proxies.no_proxy = "internal";
  const auto config = load_kubeconfig(source);
  REQUIRE(config.has_value());
  const auto chosen = choose_context(*config, "");
  REQUIRE(chosen.has_value());
  REQUIRE(chosen->connection.proxy.has_value());
  CHECK(chosen->connection.proxy->port == 3128);
}

TEST_CASE("in a Pod the service account is the last context") {
  const KubeconfigFolder folder;
  const Credentials credentials = make_credentials();
  folder.write("account/token", "t");
  folder.write("account/ca.crt", credentials.authority.certificate);
  folder.write("account/namespace", "drills\n");
  KubeconfigSource source;
  source.pod = PodEnvironment{.host = "fd00::1", .port = "443", .folder = folder.path("account")};
  const auto config = load_kubeconfig(source);
  REQUIRE(config.has_value());
  const auto chosen = choose_context(*config, "");
  if (!chosen) FAIL(to_string(chosen.error()));
  CHECK(chosen->connection.name == "in-cluster");
  CHECK(chosen->connection.host == "fd00::1");
  CHECK(chosen->connection.ca == credentials.authority.certificate);
  CHECK(chosen->connection.token_file == folder.path("account/token"));
  CHECK(chosen->connection.default_namespace == "drills");

  source.environment = folder.write("config", single("server: 'https://a'"));
  const auto both = load_kubeconfig(source);
  REQUIRE(both.has_value());
  CHECK(both->current_context == "a");
  CHECK(choose_context(*both, "in-cluster").has_value());
  source.pod.folder = folder.path("nowhere");
  CHECK_FALSE(choose_context(load_kubeconfig(source).value(), "in-cluster").has_value());
}

TEST_CASE("each mistake is told with its place") {
  const KubeconfigFolder folder;
  struct Mistake {
    std::string content;
    std::string said;
  };
  const std::string server = "server: 'https://a'";
  const std::vector<Mistake> mistakes = {
      {single(server + ", insecure-skip-tls-verify: 'yes'"), "must be true or false"},
      {single(server + ", insecure-skip-tls-verify: 1"), "must be true or false"},
      {single(server + ", certificate-authority: absent.pem"), "config:6:57: error: certificate-authority"},
      {single(server + ", certificate-authority-data: '%%%'"), "certificate-authority-data is not base64"},
      {single(server + ", certificate-authority-data: aGVsbG8="), "not a list of PEM certificates"},
      {single(server + ", insecure-skip-tls-verify: true, certificate-authority-data: aGVsbG8="),
       "together with"},
      {single(server, "client-certificate-data: aGVsbG8="), "go together"},
      {single("certificate-authority-data: aGVsbG8="), "has no server"},
      {single("server: 'ftp://a'"), "scheme other than"},
      {single("server: 'https://a:99999'"), "port"},
      {single("server: 'https://u:p@a'"), "user name or password"},
      {single(server, "token: t, username: u"), "a token together with username"},
      {single(server, "username: 'a:b'"), "a username with ':'"},
      {single(server, "as-groups: [g]"), "say nothing without as"},
      {single(server, "as: root, as-groups: g"), "as-groups must be a list"},
      {single(server, "as: \"a\\r\\nX-Evil: b\""), "control characters"},
      {single(server, "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: a}"),
       "given up with Kubernetes 1.24"},
      {single(server, "exec: {command: a}"), "exec has no apiVersion"},
      {single(server, "exec: {apiVersion: client.authentication.k8s.io/v1, command: a}"),
       "needs an interactiveMode"},
      {single(server,
              "exec: {apiVersion: client.authentication.k8s.io/v1, command: a, interactiveMode: Sometimes}"),
       "none of Never, IfAvailable and Always"},
      {single(server, "exec: {apiVersion: client.authentication.k8s.io/v1beta1}"), "exec names no command"},
      {single(server, "exec: aws"), "exec must be a map"},
      {single(server + ", proxy-url: 'ftp://p'"), "config:6:45: error: proxy-url has a scheme other than"},
      {single(server, "token: 12345"), "kubectl reads this as a number"},
      {single(server, "token: [a]"), "token must be a string"},
      {"clusters: 3\n", "config:1:11: error: clusters must be a list"},
      {"clusters: [{cluster: {}}]\n", "has no name"},
      {"contexts: [{name: y, context: {}}]\n",
       "config:1:19: error: name must be a string, and kubectl reads"},
      {"clusters: [{name: a}, {name: a}]\n", "\"a\" twice"},
      {"kind: Deployment\n", "not a kubeconfig"},
      {"- a\n", "must be a map"},
      {"a: [\n", "config:"},
      {"kind: Config\n", "no current-context is set; there are none"},
      {"current-context: b\ncontexts: [{name: a, context: {}}, {name: c}]\n",
       "no context \"b\"; there are: a and c"},
      {"current-context: a\ncontexts: [{name: a, context: {cluster: b}}]\n",
       "cluster \"b\", which does not exist"},
  };
  for (const auto& mistake : mistakes) {
    CAPTURE(mistake.content);
    const std::string said = problem(folder, mistake.content);
    CAPTURE(said);
    CHECK(mentions(said, mistake.said));
  }
}

TEST_CASE("a broken entry of another context does no harm") {
  const KubeconfigFolder folder;
  const std::string file = folder.write(
      "config", single("server: 'https://a'") + "- name: b\n  context: {cluster: gone, user: gone}\n");
  CHECK(choose(file).has_value());
  CHECK_FALSE(choose(file, "b").has_value());
}

TEST_CASE("files merge so that the first to have a name wins it whole") {
  const KubeconfigFolder folder;
  const std::string first = folder.write("first", single("server: 'https://first'", "token: one"));
  const std::string second = folder.write(
      "sub/second",
      "current-context: b\nclusters:\n- name: a\n  cluster: {server: 'https://x', tls-server-name: x}\n"
      "- name: b\n  cluster: {server: 'https://b'}\nusers:\n- name: b\n  user: {tokenFile: token}\n"
      "contexts:\n- name: b\n  context: {cluster: b, user: b}\n");
  KubeconfigSource source;
  source.environment = folder.path("absent") + "::" + first + ":" + second + ":" + first;
  source.home = "/nonexistent";
  const auto config = load_kubeconfig(source);
  REQUIRE(config.has_value());
  CHECK(config->files == std::vector<std::string>{first, second});
  CHECK(config->current_context == "a");
  const auto a = choose_context(*config, "");
  REQUIRE(a.has_value());
  CHECK(a->connection.host == "first");
  CHECK(a->connection.tls_server_name.empty());
  const auto b = choose_context(*config, "b");
  REQUIRE(b.has_value());
  CHECK(b->connection.token_file == folder.path("sub/token"));
}

TEST_CASE("no kubeconfig is told and nothing is assumed") {
  const KubeconfigFolder folder;
  const auto said = [](const KubeconfigSource& source) {
    const auto config = load_kubeconfig(source);
    return config ? std::string() : to_string(config.error());
  };
  CHECK(mentions(said(KubeconfigSource{.flag = folder.path("absent"), .environment = {}, .home = {}}),
                 "absent: error: this kubeconfig does not exist"));
  CHECK(mentions(said(KubeconfigSource{.flag = {}, .environment = "/absent/a:/absent/b", .home = {}}),
                 "none of the files in KUBECONFIG exists: /absent/a:/absent/b"));
  CHECK(mentions(said(KubeconfigSource{.flag = {}, .environment = {}, .home = "/absent"}),
                 "/absent/.kube/config does not exist"));
  CHECK(mentions(said(KubeconfigSource{}), "neither KUBECONFIG nor HOME is set"));
}

TEST_CASE("server URLs are taken apart as kubectl takes them") {
  struct Row {
    const char* text;
    bool expects_tls;
    bool tls;
    const char* host;
    int port;
    const char* prefix;
  };
  const Row rows[] = {
      {"https://a", false, true, "a", 443, ""},
      {"http://a", true, false, "a", 80, ""},
      {"https://a:6443/", false, true, "a", 6443, ""},
      {"https://[fd00::1]:6443/p/q//", false, true, "fd00::1", 6443, "/p/q"},
      {"https://a/p?x=1#y", false, true, "a", 443, "/p"},
      {"10.0.0.1:6443", true, true, "10.0.0.1", 6443, ""},
      {"10.0.0.1:8080", false, false, "10.0.0.1", 8080, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto url = parse_server_url(row.text, row.expects_tls);
    REQUIRE(url.has_value());
    CHECK(url->tls == row.tls);
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->path_prefix == row.prefix);
  }
  for (const char* text : {"", "https://", "https://a b", "https://a:0", "https://a:65536", "://a"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_server_url(text, true).has_value());
  }
}
