#include "lab/lab.hpp"
#include "mesh/load.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr int most_clusters = 60;

std::string default_mesh_text(int count) {
  std::string text = R"(apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: lab}
cilium: {version: 1.18.0}
addressing:
  ipv4: {pool: 10.96.0.0/11, cluster: 17, node: 24}
ingress: {controller: nginx, host: api.lab.test, port: 8080, nodeSelector: {role: ingress}}
services:
  - {name: api-service, namespace: default, ports: [{name: http, port: 8080, targetPort: 80}], replicas: 2}
clusters:
)";
  for (int i = 1; i <= count; ++i) text += fmt::format("  - {{name: lab-{:03}}}\n", i);
  return text;
}

}  // namespace

Result<mesh::Mesh> default_mesh(int count) {
  if (count < 1 || count > most_clusters) {
    return fail(fmt::format("a lab has 1 to {} clusters, not {}", most_clusters, count));
  }
  auto loaded = mesh::load_mesh_text(default_mesh_text(count), "lab");
  if (!loaded) return fail(to_string(loaded.error()));
  return std::move(loaded->mesh);
}

}  // namespace meshdrill::lab
