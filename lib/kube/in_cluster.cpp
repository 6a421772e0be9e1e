#include "kube/in_cluster.hpp"

#include "base/files.hpp"

#include <cstdlib>
#include <system_error>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* name = "in-cluster";

std::string variable(const char* of) {
  const char* value = std::getenv(of);  // NOLINT(concurrency-mt-unsafe): nothing of ours ever sets one
  return value == nullptr ? std::string() : std::string(value);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

}  // namespace

PodEnvironment pod_environment() {
  PodEnvironment pod;
  pod.host = variable("KUBERNETES_SERVICE_HOST");
  pod.port = variable("KUBERNETES_SERVICE_PORT");
  return pod;
}

std::optional<Node> in_cluster_document(const PodEnvironment& pod) {
  const fs::path token = pod.folder / "token";
  if (pod.host.empty() || pod.port.empty() || !is_there(token)) return std::nullopt;
  const bool ipv6 = pod.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? '[' + pod.host + ']' : pod.host;
  json::object cluster{{"server", fmt::format("https://{}:{}", host, pod.port)}};
  if (const fs::path ca = pod.folder / "ca.crt"; is_there(ca)) cluster["certificate-authority"] = ca.string();
  json::object context{{"cluster", name}, {"user", name}};
  if (const auto space = read_file(pod.folder / "namespace", 1024))
    context["namespace"] = space->substr(0, space->find_first_of(" \r\n"));
  const json::object config{
      {"current-context", name},
      {"clusters", json::array{json::object{{"name", name}, {"cluster", std::move(cluster)}}}},
      {"users",
       json::array{json::object{{"name", name}, {"user", json::object{{"tokenFile", token.string()}}}}}},
      {"contexts", json::array{json::object{{"name", name}, {"context", std::move(context)}}}}};
  auto document = parse_document(json::serialize(config), "the Pod's service account");
  if (!document) return std::nullopt;
  return std::move(*document);
}

}  // namespace meshdrill::kube
