#include "kube/exec_plugin.hpp"

#include "base/text.hpp"
#include "kube/child_process.hpp"
#include "kube/codec.hpp"
#include "kube/json_fields.hpp"
#include "kube/lease.hpp"

#include <cctype>
#include <unistd.h>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

// RFC 3339 with "Z" or an offset such as "+02:00".
std::optional<MicroTime> parse_expiry(std::string text) {
  std::chrono::minutes offset{0};
  const bool has_offset = text.size() > 6 && text[text.size() - 3] == ':' &&
                          (text[text.size() - 6] == '+' || text[text.size() - 6] == '-');
  if (has_offset) {
    const std::string zone = text.substr(text.size() - 6);
    for (const std::size_t digit : {1U, 2U, 4U, 5U}) {
      if (std::isdigit(static_cast<unsigned char>(zone[digit])) == 0) return std::nullopt;
    }
    offset =
        std::chrono::hours{std::stoi(zone.substr(1, 2))} + std::chrono::minutes{std::stoi(zone.substr(4))};
    if (zone[0] == '-') offset = -offset;
    text.replace(text.size() - 6, 6, "Z");
  }
  const auto time = parse_micro_time(text);
  if (!time) return std::nullopt;
  return *time - offset;
}

// A plugin that is only asked for in a terminal cannot be asked without one.
Result<bool> may_ask(const ExecPlugin& plugin) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  switch (plugin.interactive) {
    case ExecPlugin::Interactive::never:
      return false;
    case ExecPlugin::Interactive::if_available:
      return terminal;
    case ExecPlugin::Interactive::always:
      if (!terminal) return fail("it has interactiveMode Always, and standard input is no terminal");
      return true;
  }
  return false;
}

std::string hint(const ExecPlugin& plugin) {
  return plugin.install_hint.empty() ? std::string() : "; " + printable(plugin.install_hint);
}

}  // namespace

std::string exec_info(const ExecPlugin& plugin, bool interactive) {
  json::object spec{{"interactive", interactive}};
  if (!plugin.cluster_info.empty()) spec["cluster"] = json::parse(plugin.cluster_info);
  return json::serialize(json::object{
      {"kind", "ExecCredential"}, {"apiVersion", plugin.api_version}, {"spec", std::move(spec)}});
}

Result<ExecCredential> parse_exec_credential(std::string_view output, const ExecPlugin& plugin) {
  const auto answer = decode_body(output);
  if (!answer || !answer->is_object()) return fail("what it printed is not an ExecCredential in JSON");
  if (text_field(*answer, "/kind") != "ExecCredential")
    return fail("what it printed is not of kind ExecCredential");
  const std::string version = text_field(*answer, "/apiVersion");
  if (version != plugin.api_version)
    return fail(fmt::format("it answers as {}, and the kubeconfig says {}",
                            version.empty() ? "no apiVersion" : printable(version), plugin.api_version));
  ExecCredential credential;
  credential.token = text_field(*answer, "/status/token");
  credential.certificate = text_field(*answer, "/status/clientCertificateData");
  credential.key = text_field(*answer, "/status/clientKeyData");
  if (credential.token.empty() && credential.certificate.empty() && credential.key.empty())
    return fail("its answer holds neither a token nor a certificate");
  if (credential.certificate.empty() != credential.key.empty())
    return fail("its answer holds a certificate without its key, or a key without its certificate");
  if (const std::string expiry = text_field(*answer, "/status/expirationTimestamp"); !expiry.empty()) {
    credential.expires = parse_expiry(expiry);
    if (!credential.expires) return fail("the expirationTimestamp of its answer is no time");
  }
  return credential;
}

Task<Result<ExecCredential>> run_exec_plugin(Executor executor, ExecPlugin plugin) {
  const std::string about = "credential plugin " + printable(plugin.command) + ": ";
  const Result<bool> interactive = may_ask(plugin);
  if (!interactive) co_return fail(about + interactive.error().message);
  ChildProcess process;
  process.program = plugin.command;
  process.arguments = plugin.arguments;
  process.environment = plugin.environment;
  process.environment.emplace_back("KUBERNETES_EXEC_INFO", exec_info(plugin, *interactive));
  process.interactive = *interactive;
  process.timeout = *interactive ? std::chrono::minutes{5} : std::chrono::minutes{1};
  Result<ChildOutput> done = co_await run_child(executor, std::move(process));
  if (!done) co_return fail(about + done.error().message + hint(plugin));
  if (done->exit_code != 0)
    co_return fail(fmt::format("{}it ended with {}; its own words stand on standard error{}", about,
                               done->exit_code, hint(plugin)));
  Result<ExecCredential> credential = parse_exec_credential(done->output, plugin);
  if (!credential) co_return fail(about + credential.error().message);
  co_return credential;
}

}  // namespace meshdrill::kube
