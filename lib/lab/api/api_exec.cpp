#include "lab/api/api_exec.hpp"

#include "lab/api/object_fields.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <boost/url/parse.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

constexpr char stdout_channel = 1;
constexpr char stderr_channel = 2;
constexpr char error_channel = 3;
constexpr std::size_t frame_size = std::size_t{32} << 10;

// The values of a key that a query may have several times.
std::vector<std::string> values_of(const std::string& target, std::string_view key) {
  std::vector<std::string> values;
  const auto url = boost::urls::parse_origin_form({target.data(), target.size()});
  if (!url) return values;
  boost::urls::encoding_opts options;
  options.space_as_plus = true;
  for (const auto& param : url->params(options)) {
    if (std::string_view(param.key.data(), param.key.size()) == key) {
      values.emplace_back(param.value.begin(), param.value.end());
    }
  }
  return values;
}

// The container to run in; empty when the Pod has none of that name, or several and none was named.
std::string container_of(const Object& pod, const std::string& named) {
  const json::array& containers = items_at(pod, {"spec", "containers"});
  if (named.empty() && containers.size() == 1 && containers.front().is_object()) {
    return std::string(text_at(containers.front().get_object(), {"name"}));
  }
  const bool known = std::ranges::any_of(containers, [&](const json::value& container) {
    return container.is_object() && text_at(container.get_object(), {"name"}) == named;
  });
  return known ? named : std::string();
}

Object exit_status(const ExecOutput& output) {
  Object status{{"metadata", Object{}}, {"status", output.exit_code == 0 ? "Success" : "Failure"}};
  if (output.exit_code == 0) return status;
  status["message"] =
      fmt::format("command terminated with non-zero exit code: exit status {}", output.exit_code);
  status["reason"] = "NonZeroExitCode";
  status["details"] = Object{
      {"causes", json::array{Object{{"reason", "ExitCode"}, {"message", std::to_string(output.exit_code)}}}}};
  return status;
}

void add_frames(std::vector<std::string>& frames, char channel, std::string_view bytes) {
  while (!bytes.empty()) {
    frames.push_back(std::string(1, channel).append(bytes.substr(0, frame_size)));
    bytes.remove_prefix(std::min(bytes.size(), frame_size));
  }
}

}  // namespace

StoreResult<ExecOutput> run_in_pod(const ApiHandler& api, const ApiRequest& request) {
  const auto target = parse_target(request.target);
  const auto route = target ? find_route(*target, request.method) : std::nullopt;
  if (!route || route->subresource != "exec") return tl::unexpected(path_not_found());
  if (const auto denied = api.denies(*route, request.user)) return tl::unexpected(*denied);
  const ObjectPtr pod = api.store().get("pods", route->ns, route->name);
  if (!pod) return tl::unexpected(not_found("pods", route->name));
  const auto command = values_of(request.target, "command");
  if (command.empty())
    return tl::unexpected(bad_request("you must specify at least 1 command for the container"));
  const std::string container = container_of(*pod, std::string(target->option("container")));
  if (container.empty()) {
    return tl::unexpected(bad_request(
        fmt::format("container {} is not valid for pod {}", target->option("container"), route->name)));
  }
  if (!condition_true(*pod, "Ready") || api.pod_access() == nullptr) {
    return tl::unexpected(internal_error(fmt::format("container not found (\"{}\")", container)));
  }
  return api.pod_access()->exec(*pod, container, command);
}

std::vector<std::string> exec_frames(const ExecOutput& output) {
  std::vector<std::string> frames;
  add_frames(frames, stdout_channel, output.out);
  add_frames(frames, stderr_channel, output.err);
  frames.push_back(std::string(1, error_channel) + json::serialize(exit_status(output)));
  return frames;
}

std::string chosen_protocol(std::string_view offered) {
  while (!offered.empty()) {
    const std::size_t comma = offered.find(',');
    std::string_view one = offered.substr(0, comma);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one == "v5.channel.k8s.io" || one == "v4.channel.k8s.io") return std::string(one);
    offered = comma == std::string_view::npos ? std::string_view() : offered.substr(comma + 1);
  }
  return {};
}

ApiResponse proxy_to_pod(const ApiCall& call) {
  const std::size_t colon = call.route.name.find(':');
  const std::string name = call.route.name.substr(0, colon);
  const ObjectPtr pod = call.store().get("pods", call.route.ns, name);
  if (!pod) return to_response(not_found("pods", name));
  const auto port =
      colon == std::string::npos ? std::nullopt : parse_number(call.route.name.substr(colon + 1));
  std::optional<std::string> body;
  if (call.api.pod_access() != nullptr && condition_true(*pod, "Ready")) {
    body = call.api.pod_access()->get(*pod, static_cast<int>(port.value_or(80)), call.route.proxied);
  }
  if (!body) {
    StoreError error{503, "ServiceUnavailable", "error trying to reach service: connect: connection refused"};
    return to_response(error);
  }
  ApiResponse response;
  response.content_type = "text/plain; version=0.0.4";
  response.body = *std::move(body);
  return response;
}

}  // namespace meshdrill::lab
