#include "status_run.hpp"

#include "mesh_access.hpp"
#include "probe/ask/target.hpp"
#include "status/gather.hpp"

#include <cstdio>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

// Bounds what is held of answers that are being read, and open connections: a mesh has up to 511 clusters.
constexpr int clusters_at_once = 32;

class Session : public StatusSession {
 public:
  Session(StatusOptions options, std::optional<mesh::Mesh> file)
      : options_(std::move(options)), file_(std::move(file)) {}

  void add(std::string context, kube::Connection connection) {
    contexts_.push_back(std::move(context));
    clients_.push_back(std::make_unique<kube::Client>(io_.get_executor(), std::move(connection)));
  }

  StatusRound read() override {
    StatusRound round;
    status::LiveMesh& mesh = round.mesh;
    mesh.clusters.resize(clients_.size());
    std::exception_ptr broken;
    asio::co_spawn(io_, read_all(mesh.clusters),
                   [&broken](std::exception_ptr error) { broken = std::move(error); });
    io_.restart();
    io_.run();
    if (broken) std::rethrow_exception(broken);
    mesh.dns = look_up_hosts(mesh.clusters, options_.dns);
    mesh.file = file_ ? &*file_ : nullptr;
    mesh.now = std::chrono::system_clock::now();
    round.findings = status::check_mesh(mesh);
    return round;
  }

 private:
  Task<> read_one(std::size_t index, status::LiveCluster& cluster) {
    cluster = co_await status::read_live(*clients_[index], contexts_[index], options_.live);
  }

  Task<> read_all(std::vector<status::LiveCluster>& clusters) {
    status::Gather readings(io_.get_executor(), clusters_at_once);
    for (std::size_t i = 0; i < clusters.size(); ++i) readings.add(read_one(i, clusters[i]));
    co_await readings.wait();
  }

  StatusOptions options_;
  std::optional<mesh::Mesh> file_;
  asio::io_context io_{1};
  std::vector<std::string> contexts_;
  std::vector<std::unique_ptr<kube::Client>> clients_;
};

bool read_dns_servers(StatusOptions& options) {
  for (std::string& server : options.dns.servers) {
    const auto parsed = probe::parse_dns_server(server);
    if (!parsed) {
      fmt::print(stderr, "meshdrill: --dns-server: {}\n", parsed.error().message);
      return false;
    }
    server = *parsed;
  }
  return true;
}

}  // namespace

std::unique_ptr<StatusSession> StatusSession::open(const StatusOptions& given) {
  StatusOptions options = given;
  if (!options.mesh_file.empty() && !options.contexts.empty()) {
    fmt::print(
        stderr,
        "meshdrill: the mesh file says which clusters there are: -f and --context exclude each other\n");
    return nullptr;
  }
  if (!read_dns_servers(options)) return nullptr;
  std::optional<mesh::Mesh> file;
  if (!options.mesh_file.empty()) {
    file = load_mesh_or_explain(options.mesh_file);
    if (!file) return nullptr;
    for (const mesh::Cluster& cluster : file->clusters) options.contexts.push_back(cluster.context);
  }
  if (options.kube_namespace.empty())
    options.kube_namespace = file ? file->cilium.kube_namespace : "kube-system";
  options.live.kube_namespace = options.kube_namespace;
  const auto kubeconfig = load_kubeconfig_or_explain(options.kubeconfig);
  if (!kubeconfig) return nullptr;
  if (options.contexts.empty()) options.contexts.push_back(kubeconfig->current_context);
  auto session = std::make_unique<Session>(options, std::move(file));
  for (const std::string& context : options.contexts) {
    auto choice = kube::choose_context(*kubeconfig, context);
    print(choice ? choice->notes : choice.error());
    if (!choice) return nullptr;
    choice->connection.name = context;
    session->add(context, std::move(choice->connection));
  }
  return session;
}

}  // namespace meshdrill::cli
