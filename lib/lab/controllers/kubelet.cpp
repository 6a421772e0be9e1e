#include "lab/controllers/kubelet.hpp"

#include "lab/controllers/mount_files.hpp"
#include "lab/controllers/pod_status.hpp"

#include <algorithm>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

// A Pod that was told to end is killed after this long, whatever it still has in hand
// (terminationGracePeriodSeconds' default).
constexpr auto drain_limit = std::chrono::seconds(30);
constexpr auto retry_pause = std::chrono::seconds(1);
constexpr auto flap_time = std::chrono::milliseconds(150);

bool on_host_network(const Object& pod) {
  return boolean_at(pod, {"spec", "hostNetwork"});
}

std::string node_address(const Object& node) {
  for (const json::value& item : items_at(node, {"status", "addresses"})) {
    if (!item.is_object() || text_at(item.get_object(), {"type"}) != "InternalIP") continue;
    return std::string(text_at(item.get_object(), {"address"}));
  }
  return {};
}

std::vector<std::uint16_t> tcp_ports(const Object& pod) {
  std::vector<std::uint16_t> ports;
  for (const json::value& container : items_at(pod, {"spec", "containers"})) {
    if (!container.is_object()) continue;
    for (const json::value& port : items_at(container.get_object(), {"ports"})) {
      if (!port.is_object()) continue;
      const std::int64_t number = integer_at(port.get_object(), {"containerPort"}).value_or(0);
      const std::string_view protocol = text_at(port.get_object(), {"protocol"});
      if (number < 1 || number > 65535 || (!protocol.empty() && protocol != "TCP")) continue;
      ports.push_back(static_cast<std::uint16_t>(number));
    }
  }
  return ports;
}

}  // namespace

struct Kubelet::Pod {
  enum class Phase { waiting, starting, running, ending, draining };

  explicit Pod(Executor executor) : timer(executor) {}

  std::string uid;
  ObjectKey key;
  Phase phase = Phase::waiting;
  Timer timer;
  std::string address;
  std::map<std::uint16_t, std::unique_ptr<PodServer>> servers;  // by container port
  std::size_t draining = 0;
};

Kubelet::Kubelet(Executor executor, ObjectStore& store, PodNetwork& network, const AddressBlock& block,
                 int cluster, KubeletTimings timings)
    : executor_(executor),
      store_(store),
      network_(network),
      block_(block),
      cluster_(cluster),
      timings_(timings),
      scheduler_(store),
      flap_timer_(executor),
      queue_(executor, [this](const ObjectKey& key) { reconcile(key); }),
      subscription_(store.subscribe([this](const Change& change) { on_change(change); })) {
  for (const ObjectPtr& pod : store_.list("pods")) queue_.add(key_of(*pod));
}

Kubelet::~Kubelet() = default;

void Kubelet::shutdown() {
  subscription_.reset();
  flapping_ = false;
  flap_timer_.cancel();
  pods_.clear();
}

void Kubelet::on_change(const Change& change) {
  if (change.resource == "pods") {
    queue_.add(key_of(*change.object));
    // A name can come again with another Pod before the queue gets to it, so the old one ends here.
    if (change.type != Change::Type::deleted) return;
    if (const auto gone = pods_.find(uid_of(*change.object)); gone != pods_.end()) terminate(*gone->second);
  } else if (change.resource == "configmaps" || change.resource == "nodes") {
    for (const ObjectPtr& pod : store_.list("pods", namespace_of(*change.object))) queue_.add(key_of(*pod));
  }
}

void Kubelet::reconcile(const ObjectKey& key) {
  if (!subscription_) return;  // shut down, with this still in the queue
  const ObjectPtr pod = store_.get("pods", key.ns, key.name);
  if (!pod) return;
  const std::string uid = uid_of(*pod);
  if (being_deleted(*pod)) {
    if (const auto found = pods_.find(uid); found != pods_.end()) {
      terminate(*found->second);
    } else {
      static_cast<void>(store_.remove("pods", key.ns, key.name));  // never ran, so there is nothing to end
    }
    return;
  }
  if (text_at(*pod, {"spec", "nodeName"}).empty()) {
    scheduler_.place(*pod);
    return;  // being given a node brings it here again
  }
  std::unique_ptr<Pod>& state = pods_[uid];
  if (!state) {
    state = std::make_unique<Pod>(executor_);
    state->uid = uid;
    state->key = key;
  }
  if (state->phase == Pod::Phase::waiting) begin(*state, *pod);
}

void Kubelet::begin(Pod& state, const Object& pod) {
  const auto files = mount_files(store_, pod);
  if (files) {
    state.phase = Pod::Phase::starting;
    start_after(state, timings_.start + slowness_);
  }
  static_cast<void>(store_.modify("pods", state.key.ns, state.key.name, [&](Object& changed) {
    changed["status"] = creating_status(pod, files ? std::string_view() : std::string_view(files.error()));
  }));
}

void Kubelet::slow_down(Duration delay) {
  slowness_ = delay;
  for (const auto& [uid, pod] : pods_) {
    if (pod->phase == Pod::Phase::starting) start_after(*pod, timings_.start + slowness_);
  }
}

void Kubelet::start_after(Pod& state, Duration delay) {
  state.timer.expires_after(delay);
  state.timer.async_wait([this, uid = state.uid](const error_code& error) {
    if (error) return;
    if (const auto found = pods_.find(uid); found != pods_.end()) start(*found->second);
  });
}

void Kubelet::start(Pod& state) {
  const ObjectPtr pod = store_.get("pods", state.key.ns, state.key.name);
  if (state.phase != Pod::Phase::starting || !pod || uid_of(*pod) != state.uid) return;
  const ObjectPtr node = store_.get("nodes", {}, text_at(*pod, {"spec", "nodeName"}));
  PodAddress address;
  if (node) address.host = node_address(*node);
  if (on_host_network(*pod)) {
    address.pod = address.host;
  } else if (open_ports(state, *pod)) {
    address.pod = state.address;
  } else {
    start_after(state, retry_pause);
    return;
  }
  state.phase = Pod::Phase::running;
  static_cast<void>(store_.modify("pods", state.key.ns, state.key.name, [&](Object& changed) {
    changed["status"] = running_status(*pod, address);
    for (const auto& [port, server] : state.servers) {
      const std::uint16_t listening = server->endpoint().port();
      if (listening == port) continue;
      object_at(changed, {"metadata", "annotations"})[listening_port_annotation] = std::to_string(listening);
    }
  }));
}

// False when a ConfigMap went meanwhile, or an address or a port cannot be had; the status then says why.
bool Kubelet::open_ports(Pod& state, const Object& pod) {
  std::string obstacle;
  auto files = mount_files(store_, pod);
  if (!files) {
    obstacle = files.error();
  } else if (state.address = free_address(); state.address.empty()) {
    obstacle = "no loopback address is left for another Pod in this cluster of the lab";
  } else {
    const auto content = std::make_shared<const PodFiles>(std::move(*files));
    for (const std::uint16_t port : tcp_ports(pod)) {
      if (state.servers.contains(port)) continue;
      auto server =
          PodServer::listen(executor_, {asio::ip::make_address(state.address), port}, content, behaviour_);
      if (!server) {
        obstacle = server.error().message;
        break;
      }
      network_.open(state.address, port, (*server)->endpoint().port());
      state.servers[port] = std::move(*server);
    }
  }
  if (obstacle.empty()) return true;
  for (const auto& [port, server] : state.servers) network_.close(state.address, port);
  state.servers.clear();
  state.address.clear();
  static_cast<void>(store_.modify("pods", state.key.ns, state.key.name, [&](Object& changed) {
    changed["status"] = creating_status(pod, obstacle);
  }));
  return false;
}

// The EndpointSlices lose the Pod as soon as it is marked for deletion; only later does it stop accepting.
void Kubelet::terminate(Pod& state) {
  if (state.phase == Pod::Phase::ending || state.phase == Pod::Phase::draining) return;
  const bool running = state.phase == Pod::Phase::running;
  state.phase = Pod::Phase::ending;
  state.timer.expires_after(running ? timings_.grace : Duration::zero());
  state.timer.async_wait([this, uid = state.uid](const error_code& error) {
    if (error) return;
    if (const auto found = pods_.find(uid); found != pods_.end()) drain(*found->second);
  });
}

void Kubelet::drain(Pod& state) {
  state.phase = Pod::Phase::draining;
  state.draining = state.servers.size();
  if (state.draining == 0) {
    finish(state.uid);
    return;
  }
  state.timer.expires_after(drain_limit);
  state.timer.async_wait([this, uid = state.uid](const error_code& error) {
    if (!error) finish(uid);
  });
  for (const auto& [port, server] : state.servers) {
    network_.close(state.address, port);
    server->drain([this, uid = state.uid] {
      const auto found = pods_.find(uid);
      if (found != pods_.end() && --found->second->draining == 0) finish(uid);
    });
  }
}

// By value: the callers' uid is often part of the Pod that goes away here.
void Kubelet::finish(std::string uid) {
  const auto found = pods_.find(uid);
  if (found == pods_.end()) return;
  const ObjectKey key = found->second->key;
  pods_.erase(found);
  const ObjectPtr pod = store_.get("pods", key.ns, key.name);
  if (pod && uid_of(*pod) == uid) static_cast<void>(store_.remove("pods", key.ns, key.name));
}

void Kubelet::flap(bool on) {
  if (on == flapping_) return;
  flapping_ = on;
  flap_timer_.cancel();
  break_first(on);
  if (on) flap_after_a_while(false);
}

void Kubelet::flap_after_a_while(bool broken) {
  flap_timer_.expires_after(flap_time);
  flap_timer_.async_wait([this, broken](const error_code& error) {
    if (error || !flapping_) return;
    break_first(broken);
    flap_after_a_while(!broken);
  });
}

void Kubelet::break_first(bool broken) {
  Pod* first = nullptr;
  for (const auto& [uid, pod] : pods_) {
    if (pod->phase != Pod::Phase::running || pod->servers.empty()) continue;
    for (const auto& [port, server] : pod->servers) server->set_broken(false);
    if (first == nullptr || pod->key < first->key) first = pod.get();
  }
  if (first == nullptr || !broken) return;
  for (const auto& [port, server] : first->servers) server->set_broken(true);
}

std::string Kubelet::free_address() {
  constexpr int count = AddressBlock::last_pod - AddressBlock::first_pod + 1;
  for (int tried = 0; tried < count; ++tried) {
    last_host_ = last_host_ >= AddressBlock::last_pod ? AddressBlock::first_pod : last_host_ + 1;
    std::string address = block_.pod(cluster_, last_host_).to_string();
    const bool taken =
        std::ranges::any_of(pods_, [&](const auto& pod) { return pod.second->address == address; });
    if (!taken) return address;
  }
  return {};
}

}  // namespace meshdrill::lab
