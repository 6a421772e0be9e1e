#include "lab/cilium/agent_view.hpp"

#include "base/base64.hpp"
#include "lab/api/object_fields.hpp"
#include "lab/cilium/cilium_objects.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

constexpr int agent_metrics = 9962;
constexpr int kvstoremesh_metrics = 9964;

std::string setting(const ObjectStore& store, std::string_view name) {
  for (const ObjectPtr& config : store.list("configmaps")) {
    if (name_of(*config) != "cilium-config") continue;
    return std::string(text_at(*config, {"data", name}));
  }
  return {};
}

bool apiserver_ready(const ObjectStore& store) {
  return std::ranges::any_of(store.list("deployments"), [](const ObjectPtr& deployment) {
    return name_of(*deployment) == "clustermesh-apiserver" &&
           integer_at(*deployment, {"status", "readyReplicas"}).value_or(0) > 0;
  });
}

// The model RemoteCluster of Cilium's API; what is false or zero is left out, as Go does.
Object remote_cluster(const std::string& peer, const std::string& state, std::string_view id) {
  Object remote{{"name", peer}};
  if (state == "not-connected") {
    remote["status"] = "Waiting for initial connection to be established: context deadline exceeded";
    remote["num-failures"] = 3;
    remote["last-failure"] = timestamp_now();
    return remote;
  }
  remote["connected"] = true;
  remote["status"] =
      "etcd: 1/1 connected, leases=0, lock leases=0, has-quorum=true: endpoint status checks are "
      "disabled, ID: 6a1d4e0a9ea8f5d3";
  if (state == "config-unknown") return remote;
  Object config{{"required", true}};
  if (state != "config-missing") {
    config["retrieved"] = true;
    config["cluster-id"] = parse_number(id).value_or(0);
    config["kvstoremesh"] = true;
    config["sync-canaries"] = true;
  }
  remote["config"] = std::move(config);
  if (state == "config-missing" || state == "sync-unknown") return remote;
  Object synced{{"nodes", true}, {"identities", true}, {"services", true}};
  if (state != "syncing") synced["endpoints"] = true;
  remote["synced"] = std::move(synced);
  if (state == "ready") remote["ready"] = true;
  return remote;
}

bool asks_for_status(const std::vector<std::string>& command, std::size_t from) {
  return command.size() >= from + 3 && command[from] == "status" && command[from + 1] == "-o" &&
         command[from + 2] == "json";
}

std::string peer_metrics(std::string_view prefix, const json::array& peers) {
  std::string text = fmt::format("{}_remote_clusters {}\n", prefix, peers.size());
  for (const json::value& peer : peers) {
    const Object& remote = peer.get_object();
    const bool ready = boolean_at(remote, {"ready"});
    text += fmt::format("{}_remote_cluster_readiness_status{{target_cluster=\"{}\"}} {}\n", prefix,
                        text_at(remote, {"name"}), ready ? 1 : 0);
    text += fmt::format("{}_remote_cluster_failures{{target_cluster=\"{}\"}} {}\n", prefix,
                        text_at(remote, {"name"}), integer_at(remote, {"num-failures"}).value_or(0));
  }
  return text;
}

}  // namespace

std::string AgentView::state_of(const Object& pod, const std::string& peer) const {
  const std::string told = annotation(pod, "peer.lab.meshdrill.io/" + peer);
  if (!told.empty()) return told;
  if (disconnected_) return "not-connected";
  const auto found = clusters_.find(peer);
  if (found == clusters_.end()) return "config-missing";
  if (!apiserver_ready(*found->second)) return "not-connected";
  const std::string calls_itself = setting(*found->second, "cluster-name");
  // A ConfigMap that is gone changes nothing for the agents that have read it.
  return calls_itself.empty() || calls_itself == peer ? "ready" : "config-missing";
}

json::array AgentView::peers(const Object& pod, std::string_view secret) const {
  json::array remotes;
  const ObjectPtr entries = own_.get("secrets", namespace_of(pod), secret);
  if (!entries) return remotes;
  for (const auto& [key, value] : fields_at(*entries, {"data"})) {
    const std::string peer(key);
    const auto text = value.is_string() ? decode_base64(view(value.get_string())) : std::nullopt;
    if (!text || text->find("endpoints:") == std::string::npos) continue;
    if (peer == setting(own_, "cluster-name")) continue;
    const std::string state = state_of(pod, peer);
    if (state == "unknown") continue;
    const auto found = clusters_.find(peer);
    const std::string id = found == clusters_.end() ? "" : setting(*found->second, "cluster-id");
    remotes.emplace_back(remote_cluster(peer, state, id));
  }
  return remotes;
}

ExecOutput AgentView::exec(const Object& pod, const std::string& container,
                           const std::vector<std::string>& command) const {
  const std::string program = command.empty() ? "" : command.front();
  if (container == "cilium-agent" && (program == "cilium" || program == "cilium-dbg") &&
      asks_for_status(command, 1)) {
    const Object status{{"cilium", Object{{"state", "Ok"}, {"msg", "OK"}}},
                        {"cluster-mesh", Object{{"clusters", peers(pod, peers_secret)}}}};
    return {json::serialize(status) + "\n", {}, 0};
  }
  if (container == "kvstoremesh" && program == "clustermesh-apiserver" && command.size() > 1 &&
      command[1] == "kvstoremesh-dbg" && asks_for_status(command, 2)) {
    return {json::serialize(peers(pod, remote_peers_secret)) + "\n", {}, 0};
  }
  return {{}, fmt::format("sh: {}: not found\n", program), 127};
}

std::optional<std::string> AgentView::get(const Object& pod, int port, const std::string& path) const {
  if (path != "/metrics") return std::nullopt;
  const std::string app = label(pod, "k8s-app");
  if (app == agent_label && port == agent_metrics) {
    return peer_metrics("cilium_clustermesh", peers(pod, peers_secret));
  }
  if (app == apiserver_label && port == kvstoremesh_metrics) {
    return peer_metrics("cilium_kvstoremesh", peers(pod, remote_peers_secret));
  }
  return std::nullopt;
}

}  // namespace meshdrill::lab
