#include "kube/exec.hpp"

#include "base/text.hpp"
#include "kube/codec.hpp"
#include "kube/json_fields.hpp"
#include "kube/resource.hpp"
#include "kube/websocket.hpp"

#include <charconv>

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {
namespace {

namespace json = boost::json;

// v5 differs in how stdin is closed, which is not used here.
constexpr std::string_view protocols = "v5.channel.k8s.io, v4.channel.k8s.io";

enum Channel : char { stdout_channel = 1, stderr_channel = 2, error_channel = 3 };

Request upgrade_request(const ExecRequest& exec) {
  Request request;
  request.path = object_path({{"", "v1", "pods", true}, exec.namespace_name, exec.pod}, "exec");
  request.timeout = exec.timeout;
  request.query = {{"container", exec.container}, {"stdout", "true"}, {"stderr", "true"}};
  for (const std::string& word : exec.command) request.query.emplace_back("command", word);
  return request;
}

// The exit code in the Status that ends a command; nullopt when it says that the command never ran.
std::optional<int> exit_code_of(const json::value& status) {
  if (text_field(status, "/status") == "Success") return 0;
  for (const json::value& cause : array_field(status, "/details/causes")) {
    if (text_field(cause, "/reason") != "ExitCode") continue;
    const std::string text = text_field(cause, "/message");
    int code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (error == std::errc{} && end == text.data() + text.size()) return code;
  }
  return std::nullopt;
}

// What one message adds to the result. True once it was the last.
ApiResult<bool> take(const Client& client, const Request& request, const ExecRequest& exec,
                     std::string_view message, ExecResult& result) {
  if (message.empty()) return false;
  const char channel = message.front();
  message.remove_prefix(1);
  if (channel == stdout_channel || channel == stderr_channel) {
    if (result.out.size() + result.err.size() + message.size() > exec.output_limit) {
      return tl::unexpected(error_about(client.connection(), request, ApiError::Kind::transport,
                                        fmt::format("{} in {} writes more than {} bytes",
                                                    exec.command.front(), exec.pod, exec.output_limit)));
    }
    (channel == stdout_channel ? result.out : result.err).append(message);
  }
  if (channel != error_channel) return false;
  const auto status = decode_body(message);
  const auto code = status ? exit_code_of(*status) : std::nullopt;
  if (!code) {
    ApiError failed = error_about(client.connection(), request, ApiError::Kind::api,
                                  fmt::format("{} did not run in {}", exec.command.front(), exec.pod));
    failed.http_status = 500;
    if (status) read_status(*status, failed);
    return tl::unexpected(std::move(failed));
  }
  result.exit_code = *code;
  return true;
}

Task<ApiResult<ExecResult>> read_output(Client& client, const Request& request, const ExecRequest& exec,
                                        WebSocket& socket, Clock::time_point deadline) {
  ExecResult result;
  while (true) {
    HttpResult<std::optional<std::string>> message = co_await socket.read_message(deadline);
    if (!message) co_return tl::unexpected(failed_request(client.connection(), request, message.error()));
    if (!*message) {
      co_return tl::unexpected(error_about(client.connection(), request, ApiError::Kind::transport,
                                           "the connection was closed before the command ended"));
    }
    const ApiResult<bool> last = take(client, request, exec, **message, result);
    if (!last) co_return tl::unexpected(last.error());
    if (*last) co_return result;
  }
}

// Runs the command over a WebSocket; a 401 is tried once more, as by Client::request.
Task<ApiResult<ExecResult>> run(Client& client, const Request& request, const ExecRequest& exec) {
  const Result<HttpRequest> encoded = encode_request(client.connection(), request);
  if (!encoded) {
    co_return tl::unexpected(
        error_about(client.connection(), request, ApiError::Kind::invalid, encoded.error().message));
  }
  for (bool again = false;; again = true) {
    ApiResult<std::unique_ptr<ApiConnection>> connection = co_await client.open_connection(request);
    if (!connection) co_return tl::unexpected(connection.error());
    HttpResult<UpgradeAnswer> answer =
        co_await open_websocket(**connection, encoded->target, std::string(protocols));
    if (!answer) co_return tl::unexpected(failed_request(client.connection(), request, answer.error()));
    if (answer->socket) {
      co_return co_await read_output(client, request, exec, *answer->socket, (*connection)->deadline);
    }
    if (answer->head.status == 401 && !again) {
      const bool renewed = co_await client.renew_credentials(**connection);
      if (renewed) continue;
    }
    const std::string said = without_secret(answer->body, (*connection)->proof.authorization);
    co_return tl::unexpected(refused_request(client.connection(), request, answer->head, said));
  }
}

}  // namespace

Task<ApiResult<ExecResult>> exec(Client& client, ExecRequest exec) {
  const Request request = upgrade_request(exec);
  try {
    co_return co_await run(client, request, exec);
  } catch (const boost::system::system_error&) {
    co_return tl::unexpected(
        error_about(client.connection(), request, ApiError::Kind::cancelled, "cancelled"));
  }
}

}  // namespace meshdrill::kube
