// What a lab is made of, and the thread that it lives on. Internal to lab.cpp, lab_setup.cpp (how it comes
// up) and lab_faults.cpp (what is made to go wrong in it).
#pragma once

#include "lab/control_socket.hpp"
#include "lab/embedded_cluster.hpp"
#include "lab/lab.hpp"
#include "lab/lab_commands.hpp"
#include "lab/net/dns_server.hpp"

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace meshdrill::lab {

struct Lab::State {
  explicit State(LabOptions given) : options(std::move(given)), mesh(options.mesh) {}

  LabOptions options;
  mesh::Mesh mesh;
  std::vector<LabCluster> summaries;
  std::string kubeconfig;
  std::string dns_server;
  std::string url;

  asio::io_context context{1};
  std::optional<asio::executor_work_guard<Executor>> work;
  std::thread thread;
  Random random{std::random_device{}()};
  PodNetwork network;
  ClusterMesh cluster_mesh{context.get_executor()};
  std::optional<AddressBlock> block;
  std::optional<LabGround> ground;
  std::vector<std::unique_ptr<EmbeddedCluster>> clusters;
  std::unique_ptr<DnsServer> dns;
  std::unique_ptr<ControlSocket> control;
  std::map<std::pair<std::string, FaultKind>, Fault> faults;  // by cluster; those that were set

  // Runs `job` on the lab's thread and waits for what it returns. Without a thread there is nobody to race
  // with.
  template <class Job>
  auto on_thread(Job job) {
    if (!thread.joinable()) return job();
    std::packaged_task<decltype(job())()> task(std::move(job));
    auto result = task.get_future();
    asio::post(context, [&task] { task(); });
    return result.get();
  }

  [[nodiscard]] bool settled() const;

  // lab_setup.cpp
  Result<> prepare();
  Result<> make_clusters();
  Result<> install_cilium();
  Result<> apply_sample();
  Result<> start_dns();
  void shut_down();

  // lab_faults.cpp
  Result<> set_fault(const Fault& fault);
  Result<> clear_fault(FaultKind kind, const std::string& cluster);
  [[nodiscard]] std::vector<Fault> active_faults() const;
  // The clusters that a fault is for, all if it names none; an error when it names one that the lab has not.
  Result<std::vector<EmbeddedCluster*>> clusters_named(const std::string& name);
};

}  // namespace meshdrill::lab
