#include "live_api.hpp"

#include "kube/apply.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

namespace meshdrill::kube::test {

namespace json = boost::json;

namespace {

Connection current_connection() {
  const char* file = std::getenv("MESHDRILL_TEST_KUBECONFIG");
  if (file == nullptr) throw std::runtime_error("MESHDRILL_TEST_KUBECONFIG names no kubeconfig");
  KubeconfigSource source;
  source.flag = file;
  const auto config = load_kubeconfig(source);
  if (!config) throw std::runtime_error(to_string(config.error()));
  const auto chosen = choose_context(*config, "");
  if (!chosen) throw std::runtime_error(to_string(chosen.error()));
  return chosen->connection;
}

std::string unique_name() {
  static std::atomic<int> count{0};
  return fmt::format("meshdrill-test-{}-{}", ::getpid(), ++count);
}

}  // namespace

LiveApi::LiveApi()
    : connection_(current_connection()),
      client_(std::make_unique<Client>(io_.get_executor(), connection_)),
      space_(unique_name()) {
  must(Method::post, collection_path(namespaces(), {}),
       json::object{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", space_}}}});
}

LiveApi::~LiveApi() {
  Request request;
  request.method = Method::remove;
  request.path = object_path(ObjectRef(namespaces(), {}, space_));
  static_cast<void>(run(client_->request(request)));
}

std::unique_ptr<Client> LiveApi::client_as(const std::string& user) {
  Connection connection = connection_;
  connection.impersonation.user = user;
  return std::make_unique<Client>(io_.get_executor(), connection);
}

json::value LiveApi::must(Method method, const std::string& path, const json::value& body) {
  Request request;
  request.method = method;
  request.path = path;
  if (!body.is_null()) request.body = body;
  const auto answer = run(client_->request(request));
  if (!answer) FAIL(to_string(answer.error()));
  return *answer;
}

json::value LiveApi::get(const ObjectRef& object) {
  return must(Method::get, object_path(object));
}

json::value LiveApi::create(const ResourceType& type, std::string_view manifest) {
  json::value body = json::parse(manifest);
  body.as_object()["metadata"].as_object()["namespace"] = space_;
  return must(Method::post, collection_path(type, space_), body);
}

ApiResult<json::value> LiveApi::apply_as(const std::string& manager, std::string_view manifest) {
  ApplyOptions options;
  options.field_manager = manager;
  options.default_namespace = space_;
  return run(apply(*client_, json::parse(manifest), options));
}

void LiveApi::wait_until(const std::function<bool()>& holds, const char* what) {
  const auto end = Clock::now() + patience;
  while (!holds()) {
    if (Clock::now() > end) FAIL(fmt::format("waited in vain for {}", what));
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

std::string deployment_manifest(std::string_view name, int replicas) {
  return fmt::format(
      R"({{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"{0}","labels":{{"app":"{0}"}}}},
    "spec":{{"replicas":{1},"selector":{{"matchLabels":{{"app":"{0}"}}}},
      "template":{{"metadata":{{"labels":{{"app":"{0}"}}}},
        "spec":{{"containers":[{{"name":"main","image":"registry.invalid/{0}:1"}}]}}}}}}}})",
      name, replicas);
}

}  // namespace meshdrill::kube::test
