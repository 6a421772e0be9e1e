#include "pull_trust.hpp"

#include "kube/client.hpp"
#include "kube/resource.hpp"
#include "mesh_access.hpp"

#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

using Answer = kube::ApiResult<boost::json::value>;

kube::ObjectRef secret_of(const mesh::Mesh& mesh) {
  return {{"", "v1", "secrets", true}, mesh.cilium.kube_namespace, std::string{mesh::remote_secret}};
}

Task<Answer> read_secret(kube::Client& client, std::string path) {
  kube::Request request;
  request.path = std::move(path);
  Answer answer = co_await client.request(std::move(request));
  co_return answer;
}

// One client for each cluster; fewer when a context is not to be had, which is then printed.
std::vector<std::unique_ptr<kube::Client>> clients_of(const mesh::Mesh& mesh, const kube::Kubeconfig& config,
                                                      asio::io_context& io) {
  std::vector<std::unique_ptr<kube::Client>> clients;
  for (const mesh::Cluster& cluster : mesh.clusters) {
    auto choice = kube::choose_context(config, cluster.context);
    print(choice ? choice->notes : choice.error());
    if (!choice) continue;
    choice->connection.name = cluster.name;
    clients.push_back(std::make_unique<kube::Client>(io.get_executor(), std::move(choice->connection)));
  }
  return clients;
}

std::vector<Answer> read_all(const std::vector<std::unique_ptr<kube::Client>>& clients,
                             const std::string& path, asio::io_context& io) {
  std::vector<Answer> answers(clients.size());
  std::exception_ptr broken;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    asio::co_spawn(io, read_secret(*clients[i], path), [&, i](std::exception_ptr error, Answer answer) {
      if (error) broken = std::move(error);
      answers[i] = std::move(answer);
    });
  }
  io.run();
  if (broken) std::rethrow_exception(broken);
  return answers;
}

void explain(const mesh::Mesh& mesh, const mesh::Cluster& cluster, const kube::ApiError& error) {
  if (error.not_found()) {
    fmt::print(stderr,
               "{}: there is no Secret {} in {}: its certificates exist once phase 1 is installed there\n",
               cluster.name, mesh::remote_secret, mesh.cilium.kube_namespace);
    return;
  }
  fmt::print(stderr, "{}\n", to_string(error));
  if (error.is(401) || error.is(403)) {
    fmt::print(stderr,
               "  This rule of a Role in {} would allow it: {{apiGroups: [\"\"], resources: [secrets], "
               "resourceNames: [{}], verbs: [get]}}\n",
               mesh.cilium.kube_namespace, mesh::remote_secret);
  }
}

}  // namespace

std::optional<mesh::PulledSecrets> pull_trust_or_explain(const mesh::Mesh& mesh,
                                                         const std::string& kubeconfig) {
  const auto config = load_kubeconfig_or_explain(kubeconfig);
  if (!config) return std::nullopt;
  asio::io_context io{1};
  const auto clients = clients_of(mesh, *config, io);
  if (clients.size() != mesh.clusters.size()) return std::nullopt;
  const std::vector<Answer> answers = read_all(clients, kube::object_path(secret_of(mesh)), io);
  mesh::PulledSecrets pulled;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const mesh::Cluster& cluster = mesh.clusters[i];
    if (answers[i]) {
      pulled[cluster.name] = boost::json::serialize(*answers[i]);
    } else {
      explain(mesh, cluster, answers[i].error());
    }
  }
  if (pulled.size() != mesh.clusters.size()) return std::nullopt;
  return pulled;
}

}  // namespace meshdrill::cli
