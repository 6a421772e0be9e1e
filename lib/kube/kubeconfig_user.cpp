#include "kube/kubeconfig_user.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"
#include "kube/bearer_token.hpp"
#include "kube/kubeconfig_reader.hpp"
#include "kube/node_json.hpp"

#include <algorithm>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

constexpr std::string_view exec_v1 = "client.authentication.k8s.io/v1";
constexpr std::string_view exec_v1beta1 = "client.authentication.k8s.io/v1beta1";
// Under which of the cluster's extensions a plugin's own settings stand.
constexpr std::string_view exec_extension = "client.authentication.k8s.io/exec";

// The strings of a list; absent and null give none.
std::vector<std::string> read_strings(const Node* list, std::string_view name, Diagnostics& problems) {
  std::vector<std::string> strings;
  if (list == nullptr || list->kind == Node::Kind::null) return strings;
  if (list->kind != Node::Kind::sequence) {
    problems.push_back(Diagnostic{.where = list->where, .what = fmt::format("{} must be a list", name)});
    return strings;
  }
  for (const Node& item : list->items) {
    if (auto text = read_plain_string(item, name, problems)) strings.push_back(std::move(*text));
  }
  return strings;
}

void read_environment(const Node* list, ExecPlugin& plugin, Diagnostics& problems) {
  if (list == nullptr || list->kind == Node::Kind::null) return;
  if (list->kind != Node::Kind::sequence) {
    problems.push_back(Diagnostic{.where = list->where, .what = "env must be a list of names and values"});
    return;
  }
  for (const Node& item : list->items) {
    KubeconfigReader reader(item, {}, problems);
    const std::string name = reader.string("name");
    if (name.empty() || name.find('=') != std::string::npos)
      reader.problem("name", "an entry of env has no name");
    plugin.environment.emplace_back(name, reader.string("value"));
  }
}

void read_interactive_mode(KubeconfigReader& reader, ExecPlugin& plugin) {
  const std::string mode = reader.string("interactiveMode");
  if (mode == "Never") {
    plugin.interactive = ExecPlugin::Interactive::never;
  } else if (mode == "IfAvailable") {
    plugin.interactive = ExecPlugin::Interactive::if_available;
  } else if (mode == "Always") {
    plugin.interactive = ExecPlugin::Interactive::always;
  } else if (!mode.empty()) {
    reader.problem("interactiveMode", "interactiveMode is none of Never, IfAvailable and Always");
  } else if (plugin.api_version == exec_v1) {
    reader.problem("interactiveMode", fmt::format("exec of {} needs an interactiveMode", exec_v1),
                   "write interactiveMode: IfAvailable");
  }
}

void read_exec(const Node& map, const Kubeconfig::Entry& user, Connection& connection,
               Diagnostics& problems) {
  KubeconfigReader reader(map, user.folder, problems);
  ExecPlugin plugin;
  plugin.api_version = reader.string("apiVersion");
  plugin.command = reader.string("command");
  if (plugin.command.empty()) reader.problem("command", "exec names no command");
  // A bare name is found in PATH; anything else is a path from the kubeconfig's folder.
  if (plugin.command.find('/') != std::string::npos) plugin.command = reader.path("command").string();
  plugin.arguments = read_strings(map.find("args"), "args", problems);
  read_environment(map.find("env"), plugin, problems);
  plugin.install_hint = printable(reader.string("installHint"));
  if (plugin.api_version != exec_v1 && plugin.api_version != exec_v1beta1) {
    reader.problem("apiVersion",
                   plugin.api_version.empty()
                       ? std::string("exec has no apiVersion")
                       : fmt::format("exec of {}, which was given up with Kubernetes 1.24",
                                     printable(plugin.api_version)),
                   fmt::format("use a plugin that speaks {} or {}", exec_v1, exec_v1beta1));
  }
  read_interactive_mode(reader, plugin);
  connection.exec = std::move(plugin);
}

void read_impersonation(const Node& user, KubeconfigReader& reader, Connection& connection,
                        Diagnostics& problems) {
  Impersonation& as = connection.impersonation;
  as.user = reader.string("as");
  as.uid = reader.string("as-uid");
  as.groups = read_strings(user.find("as-groups"), "as-groups", problems);
  if (const Node* extra = user.find("as-user-extra"); extra != nullptr && extra->kind == Node::Kind::map) {
    for (const auto& entry : extra->entries)
      as.extra.emplace_back(entry.key, read_strings(&entry.value, "as-user-extra", problems));
  } else if (extra != nullptr && extra->kind != Node::Kind::null) {
    reader.problem("as-user-extra", "as-user-extra must be a map of lists");
  }
  const bool more = !as.uid.empty() || !as.groups.empty() || !as.extra.empty();
  if (as.user.empty() && more)
    reader.problem("as-groups", "as-uid, as-groups and as-user-extra say nothing without as");
  const auto breaks_a_header = [](const std::string& text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; });
  };
  bool broken = breaks_a_header(as.user) || breaks_a_header(as.uid) ||
                std::any_of(as.groups.begin(), as.groups.end(), breaks_a_header);
  for (const auto& [key, values] : as.extra)
    broken = broken || std::any_of(values.begin(), values.end(), breaks_a_header);
  if (broken) reader.problem("as", "whom to act as holds control characters");
}

void refuse_auth_provider(const Node& user, KubeconfigReader& reader, Diagnostics& problems) {
  if (!reader.has("auth-provider")) return;
  const Node& provider = *user.find("auth-provider");
  KubeconfigReader inside(provider, {}, problems);
  reader.problem("auth-provider",
                 fmt::format("auth-provider {} is not supported; kubectl gave it up with 1.26",
                             printable(inside.string("name"))),
                 "use the provider's exec plugin instead, such as gke-gcloud-auth-plugin or kubelogin");
}

}  // namespace

void read_user(const Kubeconfig::Entry& user, Connection& connection, Diagnostics& problems,
               Diagnostics& notes) {
  KubeconfigReader reader(user.value, user.folder, problems);
  refuse_auth_provider(user.value, reader, problems);
  connection.client_certificate = reader.data_or_file("client-certificate");
  connection.client_key = reader.data_or_file("client-key");
  if (problems.empty() && connection.client_certificate.empty() != connection.client_key.empty())
    reader.problem("client-certificate", "client-certificate and client-key go together, and one is missing");
  connection.token_file = reader.path("tokenFile").string();
  const std::string token = reader.string("token");
  if (connection.token_file.empty()) connection.token = token;
  connection.username = reader.string("username");
  connection.password = reader.string("password");
  const bool basic = !connection.username.empty() || !connection.password.empty();
  if (!token.empty() && basic)
    reader.problem("username", "a token together with username and password", "remove one of the two");
  if (connection.username.find(':') != std::string::npos)
    reader.problem("username", "a username with ':' in it cannot be sent");
  if (basic) {
    notes.push_back(Diagnostic{
        .severity = Severity::note,
        .where = user.value.where,
        .what =
            fmt::format("\"{}\" logs in with a password, which the API of Kubernetes itself takes no more "
                        "since 1.19; a proxy in front of it may",
                        user.name),
        .cure = {}});
  }
  read_impersonation(user.value, reader, connection, problems);
  if (const Node* exec = user.value.find("exec"); exec != nullptr && exec->kind == Node::Kind::map) {
    read_exec(*exec, user, connection, problems);
  } else if (reader.has("exec")) {
    reader.problem("exec", "exec must be a map");
  }
}

std::string exec_cluster_info(const Kubeconfig::Entry& user, const Kubeconfig::Entry& cluster,
                              const Connection& connection) {
  Diagnostics ignored;  // reported when the entries were read
  const Node* exec = user.value.find("exec");
  if (exec == nullptr || !KubeconfigReader(*exec, {}, ignored).boolean("provideClusterInfo")) return {};
  KubeconfigReader reader(cluster.value, cluster.folder, ignored);
  json::object info{{"server", reader.string("server")}};
  if (!connection.tls_server_name.empty()) info["tls-server-name"] = connection.tls_server_name;
  if (connection.insecure) info["insecure-skip-tls-verify"] = true;
  if (!connection.ca.empty()) info["certificate-authority-data"] = encode_base64(connection.ca);
  if (const std::string proxy = reader.string("proxy-url"); !proxy.empty()) info["proxy-url"] = proxy;
  if (const Node* extensions = cluster.value.find("extensions")) {
    for (const Node& item : extensions->items) {
      const Node* config = item.find("extension");
      if (config != nullptr && KubeconfigReader(item, {}, ignored).string("name") == exec_extension)
        info["config"] = to_json(*config);
    }
  }
  return json::serialize(info);
}

}  // namespace meshdrill::kube
