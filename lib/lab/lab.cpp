#include "lab/lab_state.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace meshdrill::lab {
namespace {

constexpr auto settle_poll = std::chrono::milliseconds(20);

}  // namespace

bool Lab::State::settled() const {
  return cluster_mesh.settled() &&
         std::ranges::all_of(clusters, [](const auto& cluster) { return cluster->settled(); });
}

Lab::Lab(LabOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Lab::~Lab() {
  stop();
}

Result<> Lab::start() {
  auto prepared = state_->prepare();
  if (!prepared) {
    // What was started so far ends in this thread, so that nothing of it outlives what it uses.
    state_->shut_down();
    state_->context.run();
    return prepared;
  }
  state_->work.emplace(state_->context.get_executor());
  state_->thread = std::thread([state = state_.get()] { state->context.run(); });
  return {};
}

void Lab::stop() {
  if (!state_->thread.joinable()) return;
  asio::post(state_->context, [state = state_.get()] {
    state->shut_down();
    state->work.reset();
  });
  state_->thread.join();
  state_->clusters.clear();
  state_->dns.reset();
  state_->control.reset();
  state_->block.reset();
}

const mesh::Mesh& Lab::mesh() const {
  return state_->mesh;
}

const std::vector<LabCluster>& Lab::clusters() const {
  return state_->summaries;
}

const std::string& Lab::kubeconfig() const {
  return state_->kubeconfig;
}

const std::string& Lab::dns_server() const {
  return state_->dns_server;
}

const std::string& Lab::url() const {
  return state_->url;
}

Result<> Lab::open_control_socket(const std::string& path) {
  return state_->on_thread([state = state_.get(), &path]() -> Result<> {
    LabCommands commands;
    commands.set = [state](const Fault& fault) { return state->set_fault(fault); };
    commands.clear = [state](const Fault& fault) { return state->clear_fault(fault.kind, fault.cluster); };
    commands.status = [state] {
      return LabStatus{state->summaries, state->url, state->dns_server, state->active_faults()};
    };
    auto listening = ControlSocket::listen(
        state->context.get_executor(), path,
        [commands = std::move(commands)](const std::string& line) { return run_command(commands, line); });
    if (!listening) return tl::unexpected(listening.error());
    state->control = std::move(*listening);
    return {};
  });
}

Result<> Lab::apply(std::string_view cluster, const boost::json::object& object) {
  return state_->on_thread([this, cluster, &object]() -> Result<> {
    const auto found = state_->clusters_named(std::string(cluster));
    if (!found) return tl::unexpected(found.error());
    return found->front()->apply(object);
  });
}

Result<> Lab::set_fault(const Fault& fault) {
  return state_->on_thread([this, &fault] { return state_->set_fault(fault); });
}

Result<> Lab::clear_fault(FaultKind kind, const std::string& cluster) {
  return state_->on_thread([this, kind, &cluster] { return state_->clear_fault(kind, cluster); });
}

std::vector<Fault> Lab::faults() const {
  return state_->on_thread([this] { return state_->active_faults(); });
}

std::size_t Lab::ready_pods(std::string_view cluster) const {
  return state_->on_thread([this, cluster]() -> std::size_t {
    const auto found = state_->clusters_named(std::string(cluster));
    return found ? found->front()->ready_pods() : 0;
  });
}

bool Lab::wait_ready(Duration limit) const {
  const auto deadline = Clock::now() + limit;
  // A change passes through several controllers, each of which acts after the one before: only what is seen
  // twice, with time for all of them between, has come to rest.
  for (int in_a_row = 0; in_a_row < 2;) {
    if (Clock::now() > deadline) return false;
    const bool settled = state_->on_thread([this] { return state_->settled(); });
    in_a_row = settled ? in_a_row + 1 : 0;
    std::this_thread::sleep_for(settle_poll);
  }
  return true;
}

}  // namespace meshdrill::lab
