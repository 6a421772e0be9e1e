// Holds our reading of kubeconfig files against kubectl's own: `kubectl config view --raw --flatten -o json`.
#include "base/base64.hpp"
#include "base/text.hpp"
#include "base/yaml_writer.hpp"
#include "kube/json_fields.hpp"
#include "kube/kubeconfig.hpp"
#include "kube/server_url.hpp"
#include "kube/support/kubeconfig_folder.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;

namespace {

// Output of a shell command; "" when it fails.
std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::string buffer(4096, '\0');
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer, 0, count);
  return ::pclose(pipe) == 0 ? text : std::string();
}

std::string kubectl() {
  const char* named = std::getenv("KUBECTL");
  std::string program = named == nullptr ? "kubectl" : named;
  const bool works = !output_of(shell_quote(program) + " version --client 2>/dev/null").empty();
  return works ? program : std::string();
}

// Makes kubeconfig files at random. Everything it makes kubectl can read.
class Generator {
 public:
  Generator(const KubeconfigFolder& folder, unsigned seed) : folder_(folder), random_(seed) {
    for (int i = 0; i < 2; ++i) credentials_.push_back(make_credentials());
  }

  // Writes one to three files and gives the KUBECONFIG that lists them.
  std::string kubeconfig(int round) {
    std::string list;
    const int files = pick(3) + 1;
    for (int file = 0; file < files; ++file) {
      const std::string place = fmt::format("r{}/{}", round, pick(2) == 0 ? "" : "sub/");
      const std::string path = write_file(place, fmt::format("config-{}", file));
      list += path + ':';
      if (pick(4) == 0) list += path + ':';
      if (pick(4) == 0) list += folder_.path("absent") + ':';
    }
    return list;
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  std::string name() {
    static const std::vector<std::string> names = {"a",   "b",          "y", "no",    "010",
                                                   "1e3", "admin@prod", "~", "ümlaut"};
    return names[static_cast<std::size_t>(pick(static_cast<int>(names.size())))];
  }

  std::string write_file(const std::string& place, const std::string& file_name) {
    json::object config{{"apiVersion", "v1"}, {"kind", "Config"}};
    config["clusters"] = entries("cluster", place);
    config["users"] = entries("user", place);
    config["contexts"] = entries("context", place);
    if (pick(3) != 0) config["current-context"] = name();
    return folder_.write(place + file_name, pick(2) == 0 ? json::serialize(config) : to_yaml(config));
  }

  json::array entries(const std::string& kind, const std::string& place) {
    json::array list;
    std::vector<std::string> used;
    for (int count = pick(5); count > 0; --count) {
      std::string called = name();
      if (std::find(used.begin(), used.end(), called) != used.end()) continue;
      used.push_back(called);
      json::object inside = kind == "cluster" ? cluster(place) : kind == "user" ? user(place) : context();
      list.push_back(json::object{{"name", called}, {kind, std::move(inside)}});
    }
    return list;
  }

  json::object cluster(const std::string& place) {
    static const std::vector<std::string> servers = {
        "https://10.0.0.1:6443", "https://api.example.org/k8s/c-1", "https://[fd00::1]:6443/",
        "http://127.0.0.1:8001", "10.0.0.2:6443"};
    json::object made{{"server", servers[static_cast<std::size_t>(pick(static_cast<int>(servers.size())))]}};
    const auto& ca = credentials_[static_cast<std::size_t>(pick(2))].authority.certificate;
    const int trust = pick(4);
    if (trust == 0) made["certificate-authority-data"] = encode_base64(ca);
    if (trust == 1) made["certificate-authority"] = relative_file(place, "ca.pem", ca);
    if (trust == 2) made["insecure-skip-tls-verify"] = true;
    if (pick(3) == 0) made["tls-server-name"] = name();
    static const std::vector<std::string> proxies = {"http://127.0.0.1:3128", "https://proxy.example.org",
                                                     "socks5://u:p@[fd00::2]:1080"};
    if (pick(3) == 0) made["proxy-url"] = proxies[static_cast<std::size_t>(pick(3))];
    return made;
  }

  json::object user(const std::string& place) {
    json::object made;
    const auto& pair = credentials_[static_cast<std::size_t>(pick(2))].client;
    const int login = pick(7);
    if (login == 4) {
      made["username"] = name();
      made["password"] = "secret-" + name();
    }
    if (login == 5) made["tokenFile"] = pick(2) == 0 ? "run/token" : "/run/token";
    if (login == 6) made["exec"] = exec();
    if (pick(3) == 0) impersonate(made);
    if (login == 0) made["token"] = "token-" + name();
    if (login == 1) {
      made["client-certificate-data"] = encode_base64(pair.certificate);
      made["client-key-data"] = encode_base64(pair.key);
    }
    if (login == 2) {
      made["client-certificate"] = relative_file(place, "client.pem", pair.certificate);
      made["client-key"] = folder_.write(place + "client-" + std::to_string(file_) + ".key", pair.key);
    }
    return made;
  }

  json::object exec() {
    static const std::vector<std::string> commands = {"kubelogin", "./bin/login", "../login", "/opt/login"};
    json::object made{{"apiVersion", pick(2) == 0 ? "client.authentication.k8s.io/v1"
                                                  : "client.authentication.k8s.io/v1beta1"},
                      {"command", commands[static_cast<std::size_t>(pick(4))]},
                      {"interactiveMode", pick(2) == 0 ? "Never" : "IfAvailable"}};
    if (pick(2) == 0) made["args"] = json::array{name(), "--with blank"};
    if (pick(2) == 0) made["env"] = json::array{json::object{{"name", "A"}, {"value", name()}}};
    if (pick(2) == 0) made["provideClusterInfo"] = true;
    return made;
  }

  void impersonate(json::object& made) {
    made["as"] = "user-" + name();
    if (pick(2) == 0) made["as-uid"] = name();
    if (pick(2) == 0) made["as-groups"] = json::array{name(), "group"};
    if (pick(2) == 0) made["as-user-extra"] = json::object{{"scope", json::array{name()}}};
  }

  json::object context() {
    json::object made{{"cluster", name()}, {"user", name()}};
    if (pick(2) == 0) made["namespace"] = name();
    return made;
  }

  // Relative to the kubeconfig that stands in `place`.
  std::string relative_file(const std::string& place, const std::string& file_name,
                            const std::string& content) {
    const std::string unique = std::to_string(++file_) + '-' + file_name;
    folder_.write(place + "pki/" + unique, content);
    return "pki/" + unique;
  }

  const KubeconfigFolder& folder_;
  std::minstd_rand random_;
  std::vector<Credentials> credentials_;
  int file_ = 0;
};

const json::value* entry_named(const json::value& view, std::string_view list, std::string_view inside,
                               std::string_view name) {
  for (const auto& entry : array_field(view, list)) {
    if (text_field(entry, "/name") == name) return field(entry, inside);
  }
  return nullptr;
}

std::string data(const json::value& object, const char* pointer) {
  return decode_base64(text_field(object, pointer)).value();
}

std::vector<std::string> strings(const json::value& object, const char* pointer) {
  std::vector<std::string> list;
  for (const auto& item : array_field(object, pointer)) list.emplace_back(item.as_string());
  return list;
}

// kubectl shows these paths as they stand in the file; ours are made absolute.
bool is_same_file(const std::string& ours, std::string theirs) {
  if (theirs.empty() || theirs.front() == '/' || theirs.find('/') == std::string::npos) return ours == theirs;
  while (theirs.starts_with("./") || theirs.starts_with("../")) theirs.erase(0, theirs.find('/') + 1);
  return ours.starts_with('/') && ours.ends_with('/' + theirs) && ours.find("/./") == std::string::npos;
}

void compare_user(const json::value& user, const Connection& connection) {
  CHECK(connection.client_certificate == data(user, "/client-certificate-data"));
  CHECK(connection.client_key == data(user, "/client-key-data"));
  CHECK(connection.token == text_field(user, "/token"));
  CHECK(is_same_file(connection.token_file, text_field(user, "/tokenFile")));
  CHECK(connection.username == text_field(user, "/username"));
  CHECK(connection.password == text_field(user, "/password"));
  const Impersonation& as = connection.impersonation;
  CHECK(as.user == text_field(user, "/as"));
  CHECK(as.uid == text_field(user, "/as-uid"));
  CHECK(as.groups == strings(user, "/as-groups"));
  CHECK(as.extra.size() == (field(user, "/as-user-extra") == nullptr ? 0 : 1));
  for (const auto& [key, values] : as.extra)
    CHECK(values == strings(user, ("/as-user-extra/" + key).c_str()));
  CHECK(connection.exec.has_value() == (field(user, "/exec") != nullptr));
  if (!connection.exec) return;
  const ExecPlugin& plugin = *connection.exec;
  CHECK(plugin.api_version == text_field(user, "/exec/apiVersion"));
  CHECK(is_same_file(plugin.command, text_field(user, "/exec/command")));
  CHECK(plugin.arguments == strings(user, "/exec/args"));
  CHECK(plugin.environment.size() == array_field(user, "/exec/env").size());
  for (const auto& [key, value] : plugin.environment) CHECK(value == text_field(user, "/exec/env/0/value"));
  CHECK((plugin.interactive == ExecPlugin::Interactive::never) ==
        (text_field(user, "/exec/interactiveMode") == "Never"));
  CHECK(plugin.cluster_info.empty() != boolean_field(user, "/exec/provideClusterInfo"));
}

void compare_context(const json::value& view, const json::value& context, const Kubeconfig& config) {
  const std::string name = text_field(context, "/name");
  CAPTURE(name);
  const json::value* cluster =
      entry_named(view, "/clusters", "/cluster", text_field(context, "/context/cluster"));
  const json::value* user = entry_named(view, "/users", "/user", text_field(context, "/context/user"));
  const auto chosen = choose_context(config, name);
  if (cluster == nullptr || user == nullptr) {
    CHECK_FALSE(chosen.has_value());
    return;
  }
  if (!chosen) CAPTURE(to_string(chosen.error()));
  REQUIRE(chosen.has_value());
  const Connection& connection = chosen->connection;
  CHECK(connection.insecure == boolean_field(*cluster, "/insecure-skip-tls-verify"));
  CHECK(connection.tls_server_name == text_field(*cluster, "/tls-server-name"));
  CHECK(connection.ca == data(*cluster, "/certificate-authority-data"));
  compare_user(*user, connection);
  const std::string proxy = text_field(*cluster, "/proxy-url");
  CHECK(connection.proxy.has_value() == !proxy.empty());
  if (!proxy.empty()) CHECK(to_string(*connection.proxy) == to_string(parse_proxy_url(proxy).value()));
  const std::string space = text_field(context, "/context/namespace");
  CHECK(connection.default_namespace == (space.empty() ? "default" : space));
  const bool expects_tls =
      connection.insecure || !connection.ca.empty() || !connection.client_certificate.empty();
  const auto url = parse_server_url(text_field(*cluster, "/server"), expects_tls);
  REQUIRE(url.has_value());
  CHECK(connection.host == url->host);
  CHECK(connection.port == url->port);
  CHECK(connection.tls == url->tls);
  CHECK(connection.path_prefix == url->path_prefix);
}

}  // namespace

TEST_CASE("generated kubeconfigs are read as kubectl reads them") {
  const std::string program = kubectl();
  if (program.empty()) {
    MESSAGE("SKIPPED: no kubectl on PATH or in KUBECTL to compare with");
    return;
  }
  const KubeconfigFolder folder;
  Generator generator(folder, 20'241);
  int contexts = 0;
  for (int round = 0; round < 24; ++round) {
    KubeconfigSource source;
    source.environment = generator.kubeconfig(round);
    CAPTURE(source.environment);
    const std::string shown = output_of("KUBECONFIG=" + shell_quote(source.environment) + ' ' +
                                        shell_quote(program) + " config view --raw --flatten -o json");
    REQUIRE_FALSE(shown.empty());
    const json::value view = json::parse(shown);
    const auto config = load_kubeconfig(source);
    if (!config) CAPTURE(to_string(config.error()));
    REQUIRE(config.has_value());
    CHECK(config->current_context == text_field(view, "/current-context"));
    CHECK(config->contexts.size() == array_field(view, "/contexts").size());
    CHECK(config->clusters.size() == array_field(view, "/clusters").size());
    CHECK(config->users.size() == array_field(view, "/users").size());
    for (const auto& context : array_field(view, "/contexts")) {
      compare_context(view, context, *config);
      ++contexts;
    }
  }
  CHECK(contexts > 24);
}

TEST_CASE("plain scalars that kubectl refuses as names are refused and the others taken") {
  const std::string program = kubectl();
  if (program.empty()) {
    MESSAGE("SKIPPED: no kubectl on PATH or in KUBECTL to compare with");
    return;
  }
  const KubeconfigFolder folder;
  for (const std::string plain :
       {"y",          "n",    "yes", "No",    "oN",    "off", "TRUE", "true", "t",  "1",   "010",   "0o17",
        "0x1F",       "0xG",  "0b1", "1_000", "1e3",   "e3",  ".5",   "1.",   "+1", "-",   ".inf",  ".nan",
        "2024-01-01", "1:30", "a-1", "1-a",   "1.2.3", "_1",  "1e",   "1e+3", ".",  "0b2", "+.inf", "-0x1"}) {
    CAPTURE(plain);
    const std::string file =
        folder.write("config", "contexts: [{name: " + plain + ", context: {cluster: c}}]\n");
    const bool kubectl_reads = !output_of(shell_quote(program) + " --kubeconfig " + shell_quote(file) +
                                          " config view -o json 2>/dev/null")
                                    .empty();
    const auto config = load_kubeconfig(KubeconfigSource{.flag = file, .environment = {}, .home = {}});
    CHECK(config.has_value() == kubectl_reads);
  }
}
