#include "base/files.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/initial_file.hpp"
#include "mesh/load.hpp"
#include "mesh_access.hpp"
#include "status/describe.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct InitOptions {
  std::string name = "mesh";
  std::string cilium_version;
  std::vector<std::string> clusters;  // NAME or NAME=CONTEXT
  std::vector<std::string> pools;
  std::string host;
  std::string service = "default/hello";
  std::vector<std::string> contexts;  // of live clusters
  std::string kubeconfig;
  std::string kube_namespace = "kube-system";
  std::string output = "mesh.yaml";
  bool force = false;
};

int usage(const std::string& message) {
  fmt::print(stderr, "meshdrill: {}\n", message);
  return exit_usage;
}

// From flags

Result<> add_pools(const InitOptions& options, mesh::InitialMesh& mesh) {
  // Where nobody says otherwise: clear of what kubeadm, k3s and the clouds use for Pods and ClusterIPs by
  // default.
  const std::vector<std::string> pools =
      options.pools.empty() ? std::vector<std::string>{"10.16.0.0/12"} : options.pools;
  for (const std::string& text : pools) {
    const auto pool = parse_prefix(text);
    if (!pool) return fail("--pool: " + pool.error().message);
    const bool v4 = pool->family() == Family::ipv4;
    auto& place = v4 ? mesh.ipv4 : mesh.ipv6;
    if (place) return fail("--pool: one of each address family is enough");
    if (mesh::cluster_share(*pool, mesh.clusters.size()) == 0) {
      return fail(
          fmt::format("--pool: {} is too small for {}", text, plural(mesh.clusters.size(), "cluster")));
    }
    place = mesh::InitialPool{*pool, 0, v4 ? 24 : 120};
  }
  return {};
}

void add_service(const InitOptions& options, mesh::InitialMesh& mesh) {
  if (options.host.empty()) return;
  const std::size_t slash = options.service.find('/');
  mesh::InitialService service;
  if (slash != std::string::npos) service.kube_namespace = options.service.substr(0, slash);
  service.name = options.service.substr(slash == std::string::npos ? 0 : slash + 1);
  service.ports.push_back({"http", 80, 0, "TCP"});
  service.sample = true;
  mesh.host = options.host;
  mesh.services.push_back(std::move(service));
}

Result<mesh::InitialMesh> from_flags(const InitOptions& options) {
  mesh::InitialMesh mesh;
  mesh.name = options.name;
  mesh.version =
      options.cilium_version.empty() ? fmt::format("1.{}.0", mesh::newest_minor) : options.cilium_version;
  mesh.source =
      "A Cilium Cluster Mesh. IDs and Pod CIDRs that are left out are allocated, and kept in the lock file.";
  for (const std::string& text : options.clusters) {
    const std::size_t equals = text.find('=');
    mesh::InitialCluster cluster;
    cluster.name = text.substr(0, equals);
    cluster.context = equals == std::string::npos ? cluster.name : text.substr(equals + 1);
    mesh.clusters.push_back(std::move(cluster));
  }
  if (auto added = add_pools(options, mesh); !added) return fail(added.error().message);
  add_service(options, mesh);
  return mesh;
}

// From live clusters

std::vector<status::ClusterFacts> read_clusters(const std::vector<std::unique_ptr<kube::Client>>& clients,
                                                const InitOptions& options, asio::io_context& io) {
  std::vector<status::ClusterFacts> facts(clients.size());
  std::exception_ptr broken;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    asio::co_spawn(io, status::read_cluster(*clients[i], options.contexts[i], options.kube_namespace),
                   [&, i](std::exception_ptr error, status::ClusterFacts read) {
                     if (error) broken = std::move(error);
                     facts[i] = std::move(read);
                   });
  }
  io.run();
  if (broken) std::rethrow_exception(broken);
  return facts;
}

void explain_unread(const std::vector<status::ClusterFacts>& clusters) {
  for (const status::ClusterFacts& facts : clusters) {
    for (const status::Unread& unread : facts.unread) {
      fmt::print(stderr, "{}: could not read {}: {}\n", facts.context, unread.what, unread.why);
      if (!unread.rule.empty())
        fmt::print(stderr, "  This rule of a ClusterRole would allow it: {}\n", unread.rule);
    }
  }
}

// Cilium's settings are what the file is made of: without them there is nothing to write.
bool any_settings_missing(const std::vector<status::ClusterFacts>& clusters,
                          const std::string& kube_namespace) {
  bool missing = false;
  for (const status::ClusterFacts& facts : clusters) {
    if (!facts.config.empty()) continue;
    missing = true;
    if (facts.unread.empty()) {
      fmt::print(stderr,
                 "{}: there is no ConfigMap cilium-config in {}; --namespace says where Cilium runs\n",
                 facts.context, kube_namespace);
    }
  }
  return missing;
}

std::optional<mesh::InitialMesh> from_contexts(const InitOptions& options) {
  const auto kubeconfig = load_kubeconfig_or_explain(options.kubeconfig);
  if (!kubeconfig) return std::nullopt;
  asio::io_context io{1};
  std::vector<std::unique_ptr<kube::Client>> clients;
  for (const std::string& context : options.contexts) {
    auto choice = kube::choose_context(*kubeconfig, context);
    print(choice ? choice->notes : choice.error());
    if (!choice) return std::nullopt;
    choice->connection.name = context;
    clients.push_back(std::make_unique<kube::Client>(io.get_executor(), std::move(choice->connection)));
  }
  const auto facts = read_clusters(clients, options, io);
  explain_unread(facts);
  if (any_settings_missing(facts, options.kube_namespace)) return std::nullopt;
  mesh::InitialMesh mesh = status::describe(facts, options.name);
  if (!options.cilium_version.empty()) mesh.version = options.cilium_version;
  return mesh;
}

int write(const InitOptions& options, const std::string& text) {
  if (options.output == "-") {
    std::fputs(text.c_str(), stdout);
    return exit_pass;
  }
  if (const Result<> written = write_file(options.output, text); !written)
    return usage(written.error().message);
  fmt::print("{}: written\nNext: meshdrill check {}\n", options.output, shell_quote(options.output));
  return exit_pass;
}

int init(const InitOptions& options) {
  if (options.contexts.empty() == options.clusters.empty()) {
    return usage(
        "init needs either --cluster NAME, once for each cluster to be, or --context NAME for each live one");
  }
  const bool live = !options.contexts.empty();
  if (live && (!options.pools.empty() || !options.host.empty())) {
    return usage("--pool and --host are for clusters to be; live ones (--context) say theirs themselves");
  }
  if (options.output != "-" && !options.force &&
      std::filesystem::exists(std::filesystem::symlink_status(options.output))) {
    fmt::print(stderr, "meshdrill: {} is there already; --force overwrites it, and -o writes another\n",
               options.output);
    return exit_refused;
  }
  std::string text;
  if (live) {
    const auto mesh = from_contexts(options);
    if (!mesh) return exit_usage;
    text = mesh::initial_file(*mesh);
  } else {
    const auto mesh = from_flags(options);
    if (!mesh) return usage(mesh.error().message);
    text = mesh::initial_file(*mesh);
  }
  const std::string shown = options.output == "-" ? "mesh.yaml" : options.output;
  const auto loaded = mesh::load_mesh_text(text, shown);
  // What a new file still lacks is written into it as comments; `check` says the rest.
  if (!loaded || live) print(loaded ? loaded->findings : loaded.error());
  // What flags say must be a mesh; what lives may well have faults, and a file that shows them is what is
  // wanted.
  if (!loaded && !live) return exit_usage;
  const int written = write(options, text);
  if (written != exit_pass || loaded) return written;
  fmt::print(stderr, "The clusters as they are do not make a sound mesh; see above.\n");
  return exit_failed;
}

}  // namespace

void add_init(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("init", "Write a commented mesh file, from flags or from live clusters");
  const auto options = std::make_shared<InitOptions>();
  verb->add_option("--name", options->name, "The mesh's name")->capture_default_str();
  verb->add_option(
      "--cilium-version", options->cilium_version,
      "Of the Helm chart, such as 1.18.0; by default the newest that is known, or what the clusters run");
  verb->add_option("--cluster", options->clusters,
                   "A cluster to be, and its context when that is called otherwise; repeat")
      ->type_name("NAME[=CONTEXT]");
  verb->add_option("--pool", options->pools, "Where Pod CIDRs are allocated from; one of each address family")
      ->type_name("CIDR");
  verb->add_option("--host", options->host, "The DNS name of an ingress, with a sample Service behind it")
      ->type_name("NAME");
  verb->add_option("--service", options->service, "That Service")
      ->type_name("[NAMESPACE/]NAME")
      ->capture_default_str();
  verb->add_option("--context", options->contexts, "A live cluster to read, by its context; repeat")
      ->type_name("CONTEXT");
  add_kubeconfig(*verb, options->kubeconfig);
  verb->add_option("-n,--namespace", options->kube_namespace, "Where Cilium runs in live clusters")
      ->capture_default_str();
  verb->add_option("-o,--output", options->output, "The file to write; - for stdout")
      ->type_name("FILE")
      ->capture_default_str();
  verb->add_flag("--force", options->force, "Overwrite it");
  verb->callback([&run, options] { run = [options] { return init(*options); }; });
}

}  // namespace meshdrill::cli
