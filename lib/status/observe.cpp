#include "status/observe.hpp"

#include "base/text.hpp"
#include "kube/exec.hpp"
#include "status/parse.hpp"

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

using kube::ApiError;
using kube::ApiResult;

constexpr std::size_t metrics_limit = std::size_t{16} << 20;

kube::ExecRequest status_command(const Observer& observer, std::string kube_namespace, Duration timeout) {
  kube::ExecRequest request;
  request.namespace_name = std::move(kube_namespace);
  request.pod = observer.pod;
  request.timeout = timeout;
  if (observer.kind == Observer::Kind::agent) {
    request.container = "cilium-agent";
    request.command = {"cilium-dbg", "status", "-o", "json"};
  } else {
    request.container = "kvstoremesh";
    request.command = {"clustermesh-apiserver", "kvstoremesh-dbg", "status", "-o", "json"};
  }
  return request;
}

// Why the command's answer is none.
std::string refusal(const kube::ExecResult& result) {
  if (result.exit_code == 0) return "its answer cannot be read";
  const std::string said = printable(result.err.substr(0, 200));
  return fmt::format("exit code {}{}{}", result.exit_code, said.empty() ? "" : ": ", said);
}

Task<ApiResult<std::string>> read_metrics(kube::Client& client, const Observer& observer,
                                          std::string kube_namespace, Duration timeout) {
  const int port = observer.kind == Observer::Kind::agent ? 9962 : 9964;
  const kube::ObjectRef pod{read_of(ReadId::metrics).type, std::move(kube_namespace),
                            fmt::format("{}:{}", observer.pod, port)};
  kube::Request request;
  request.path = kube::object_path(pod, "proxy/metrics");
  request.timeout = timeout;
  ApiResult<std::unique_ptr<kube::LineStream>> stream = co_await client.open_stream(std::move(request));
  if (!stream) co_return tl::unexpected(stream.error());
  std::string text;
  while (text.size() < metrics_limit) {
    ApiResult<std::optional<std::string>> line = co_await (*stream)->next(timeout);
    if (!line) co_return tl::unexpected(line.error());
    if (!*line) break;
    text += **line + "\n";
  }
  co_return text;
}

}  // namespace

Task<> observe(Reader& reader, std::string kube_namespace, std::size_t index, LiveCluster& cluster) {
  const Observer observer = cluster.observers[index];
  kube::ExecRequest command = status_command(observer, kube_namespace, reader.timeout());
  ApiResult<kube::ExecResult> result = co_await kube::exec(reader.client(), std::move(command));
  if (result && result->exit_code == 0 && parse_reports(observer, result->out, cluster)) {
    cluster.observers[index].answered = true;
    co_return;
  }
  const ApiResult<std::string> metrics =
      co_await read_metrics(reader.client(), observer, kube_namespace, reader.timeout());
  if (metrics && parse_metrics(observer, *metrics, cluster)) {
    cluster.observers[index].answered = true;
    co_return;
  }
  ApiError error;
  if (result) {
    error.kind = ApiError::Kind::api;
    error.cluster = cluster.context;
    error.verb = "exec";
    error.object = observer.pod;
    error.message = refusal(*result);
  } else {
    error = result.error();
  }
  reader.note(ReadId::exec, error);
}

}  // namespace meshdrill::status
