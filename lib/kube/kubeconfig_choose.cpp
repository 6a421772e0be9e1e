#include "base/text.hpp"
#include "kube/kubeconfig.hpp"
#include "kube/kubeconfig_reader.hpp"
#include "kube/kubeconfig_user.hpp"
#include "kube/proxy.hpp"
#include "kube/server_url.hpp"
#include "kube/tls_context.hpp"

#include <utility>

#include <fmt/format.h>

namespace meshdrill::kube {

using Entries = std::vector<Kubeconfig::Entry>;

namespace {

const Kubeconfig::Entry* find_entry(const Entries& entries, std::string_view name) {
  for (const auto& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

Diagnostics one_error(Location where, std::string what, std::string cure = {}) {
  return {Diagnostic{.severity = Severity::error,
                     .where = std::move(where),
                     .what = std::move(what),
                     .cure = std::move(cure)}};
}

std::string known_names(const Entries& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names.empty() ? "there are none" : "there are: " + join_words(names);
}

// The `proxy-url`, or else what the environment says.
void choose_proxy(KubeconfigReader& reader, const ProxyEnvironment& environment, Connection& connection) {
  if (const std::string url = reader.string("proxy-url"); !url.empty()) {
    auto proxy = parse_proxy_url(url);
    if (!proxy) return reader.problem("proxy-url", "proxy-url " + proxy.error().message);
    connection.proxy = std::move(*proxy);
    return;
  }
  auto proxy = proxy_for(environment, connection.tls, connection.host, connection.port);
  if (!proxy) return reader.problem("server", "the environment's " + proxy.error().message);
  connection.proxy = std::move(*proxy);
}

void read_cluster(const Kubeconfig::Entry& cluster, const ProxyEnvironment& environment,
                  Connection& connection, Diagnostics& problems, Diagnostics& notes) {
  KubeconfigReader reader(cluster.value, cluster.folder, problems);
  connection.ca = reader.data_or_file("certificate-authority");
  connection.insecure = reader.boolean("insecure-skip-tls-verify");
  connection.tls_server_name = reader.string("tls-server-name");
  if (connection.insecure && !connection.ca.empty())
    reader.problem("insecure-skip-tls-verify",
                   "a certificate authority together with insecure-skip-tls-verify", "remove one of the two");
  const bool expects_tls =
      connection.insecure || !connection.ca.empty() || !connection.client_certificate.empty();
  const std::string server = reader.string("server");
  const auto url = parse_server_url(server, expects_tls);
  if (server.empty()) {
    reader.problem("server", fmt::format("the cluster \"{}\" has no server", cluster.name));
  } else if (!url) {
    reader.problem("server", "server " + url.error().message);
  } else {
    connection.tls = url->tls;
    connection.host = url->host;
    connection.port = url->port;
    connection.path_prefix = url->path_prefix;
  }
  choose_proxy(reader, environment, connection);
  if (connection.insecure) {
    const Node* key = cluster.value.find("insecure-skip-tls-verify");
    notes.push_back(Diagnostic{
        .severity = Severity::warning,
        .where = key->where,
        .what = fmt::format("the certificate of \"{}\" is NOT CHECKED: whoever is in between can read the "
                            "credentials and change every answer",
                            cluster.name),
        .cure = "give certificate-authority-data instead of insecure-skip-tls-verify"});
  }
}

void note_plain_http(const Kubeconfig::Entry& cluster, const Connection& connection, Diagnostics& notes) {
  const bool has_credentials = !connection.token.empty() || !connection.token_file.empty() ||
                               !connection.client_certificate.empty() || !connection.username.empty() ||
                               connection.exec.has_value();
  if (connection.tls || !has_credentials) return;
  notes.push_back(
      Diagnostic{.severity = Severity::warning,
                 .where = cluster.value.where,
                 .what = fmt::format("\"{}\" is plain http, so no credentials are sent", cluster.name),
                 .cure = {}});
}

// What OpenSSL refuses is found here, before anything is contacted.
void check_credentials(const Kubeconfig::Entry& context, const Connection& connection,
                       Diagnostics& problems) {
  if (!connection.tls || !problems.empty()) return;
  if (const auto made = make_tls_context(connection); !made)
    problems =
        one_error(context.value.where, fmt::format("context \"{}\": {}", context.name, made.error().message));
}

}  // namespace

Checked<ConnectionChoice> choose_context(const Kubeconfig& config, std::string_view wanted) {
  const Location whole{.file = config.files.empty() ? "kubeconfig" : config.files.front()};
  const std::string name = wanted.empty() ? config.current_context : std::string(wanted);
  if (name.empty())
    return tl::unexpected(one_error(whole, "no current-context is set; " + known_names(config.contexts),
                                    "choose one with --context"));
  const Kubeconfig::Entry* context = find_entry(config.contexts, name);
  if (context == nullptr)
    return tl::unexpected(
        one_error(whole, fmt::format("no context \"{}\"; {}", name, known_names(config.contexts))));

  Diagnostics problems;
  ConnectionChoice choice;
  KubeconfigReader reader(context->value, context->folder, problems);
  const std::string cluster_name = reader.string("cluster");
  const std::string user_name = reader.string("user");
  const std::string default_namespace = reader.string("namespace");
  choice.connection.name = cluster_name;
  if (!default_namespace.empty()) choice.connection.default_namespace = default_namespace;
  const Kubeconfig::Entry* cluster = find_entry(config.clusters, cluster_name);
  const Kubeconfig::Entry* user = find_entry(config.users, user_name);
  if (cluster == nullptr)
    reader.problem("cluster", fmt::format("context \"{}\" names the cluster \"{}\", which does not exist; {}",
                                          name, cluster_name, known_names(config.clusters)));
  if (user == nullptr && !user_name.empty())
    reader.problem("user", fmt::format("context \"{}\" names the user \"{}\", which does not exist; {}", name,
                                       user_name, known_names(config.users)));
  if (!problems.empty()) return tl::unexpected(std::move(problems));

  if (user != nullptr) read_user(*user, choice.connection, problems, choice.notes);
  read_cluster(*cluster, config.proxies, choice.connection, problems, choice.notes);
  if (choice.connection.exec && problems.empty())
    choice.connection.exec->cluster_info = exec_cluster_info(*user, *cluster, choice.connection);
  note_plain_http(*cluster, choice.connection, choice.notes);
  check_credentials(*context, choice.connection, problems);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return choice;
}

}  // namespace meshdrill::kube
