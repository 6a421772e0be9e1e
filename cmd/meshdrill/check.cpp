#include "commands.hpp"
#include "exit_codes.hpp"
#include "mesh/load.hpp"

#include <cstdio>
#include <memory>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct Row {
  std::string name, context, id, pods, port, ingress;
};

template <class Items, class ToText>
std::string list(const Items& items, ToText to_text) {
  std::string text;
  for (const auto& item : items) text += fmt::format("{}{}", text.empty() ? "" : ",", to_text(item));
  return text.empty() ? "-" : text;
}

Row row_of(const mesh::Cluster& cluster) {
  return {cluster.name,
          cluster.context,
          std::to_string(cluster.id.value()),
          list(cluster.pod_cidrs, [](const auto& item) { return to_string(item.prefix); }),
          std::to_string(cluster.apiserver.port.value()),
          list(cluster.ingress, [](const auto& item) { return to_string(item.address); })};
}

void print_clusters(const mesh::Mesh& mesh) {
  std::vector<Row> rows{{"CLUSTER", "CONTEXT", "ID", "PODS", "APISERVER PORT", "INGRESS"}};
  for (const mesh::Cluster& cluster : mesh.clusters) rows.push_back(row_of(cluster));
  const auto width = [&](std::string Row::* column) {
    std::size_t most = 0;
    for (const Row& row : rows) most = std::max(most, (row.*column).size());
    return most;
  };
  const auto name = width(&Row::name), context = width(&Row::context), id = width(&Row::id);
  const auto pods = width(&Row::pods), port = width(&Row::port);
  for (const Row& row : rows) {
    fmt::print("{:<{}}  {:<{}}  {:<{}}  {:<{}}  {:<{}}  {}\n", row.name, name, row.context, context, row.id,
               id, row.pods, pods, row.port, port, row.ingress);
  }
}

void print_mesh(const mesh::Mesh& mesh) {
  fmt::print("mesh      {}\n", mesh.name);
  fmt::print("cilium    {}, release {} in {}, domain {}, up to {} clusters\n", mesh.cilium.version,
             mesh.cilium.release, mesh.cilium.kube_namespace, mesh.cilium.domain,
             mesh.cilium.max_connected_clusters);
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto& pool = mesh.addressing.of(family);
    const std::string_view name = family == Family::ipv4 ? "ipv4" : "ipv6";
    if (!pool) {
      fmt::print("{}      off\n", name);
    } else if (pool->pool) {
      fmt::print("{}      {}: /{} a cluster, /{} a node\n", name, to_string(*pool->pool),
                 pool->cluster_length, pool->node_length);
    } else {
      fmt::print("{}      no pool, /{} a node\n", name, pool->node_length);
    }
  }
  for (const mesh::GlobalService& service : mesh.services) {
    fmt::print("service   {}{}\n", qualified_name(service), service.sample ? ", with a sample workload" : "");
  }
  if (mesh.ingress) {
    fmt::print("ingress   {} -> {}\n", url(mesh), qualified_name(*ingress_backend(mesh)));
  }
  fmt::print("\n");
  print_clusters(mesh);
}

int check(const std::string& file) {
  const auto loaded = mesh::load_mesh(file);
  const Diagnostics& findings = loaded ? loaded->findings : loaded.error();
  std::fputs(to_string(findings).c_str(), stderr);
  if (!loaded) return exit_usage;
  print_mesh(loaded->mesh);
  return exit_pass;
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("check", "Check a mesh file, and show what was allocated and defaulted");
  const auto file = std::make_shared<std::string>();
  verb->add_option("FILE", *file, "The mesh file")->required();
  verb->callback([&run, file] { run = [file] { return check(*file); }; });
}

}  // namespace meshdrill::cli
