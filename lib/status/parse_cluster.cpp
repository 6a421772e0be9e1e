#include "kube/json_fields.hpp"
#include "status/parse.hpp"

#include <algorithm>

namespace meshdrill::status {
namespace {

namespace json = boost::json;

void add_address(std::vector<IpAddress>& to, const std::string& text) {
  const auto address = parse_ip(text);
  if (address && std::find(to.begin(), to.end(), *address) == to.end()) to.push_back(*address);
}

void add_prefixes(std::vector<IpPrefix>& to, const json::array& texts) {
  for (const json::value& text : texts) {
    if (!text.is_string()) continue;
    if (const auto prefix = parse_prefix(text.as_string())) to.push_back(*prefix);
  }
}

std::string image_of(const json::value& pod, std::string_view container) {
  for (const json::value& item : kube::array_field(pod, "/spec/containers")) {
    if (kube::text_field(item, "/name") == container) return kube::text_field(item, "/image");
  }
  return {};
}

}  // namespace

std::string version_of(const std::string& image) {
  const std::string named = image.substr(0, image.find('@'));
  const std::size_t colon = named.rfind(':');
  if (colon == std::string::npos || named.find('/', colon) != std::string::npos) return {};
  const std::string tag = named.substr(colon + 1);
  return tag.starts_with('v') ? tag.substr(1) : tag;
}

std::string annotation(const json::value& object, std::string_view name, std::string_view old_name) {
  const auto all = kube::labels_field(object, "/metadata/annotations");
  if (const auto found = all.find(std::string{name}); found != all.end()) return found->second;
  const auto old = all.find(std::string{old_name});
  return old == all.end() ? std::string{} : old->second;
}

std::string key_of(const json::value& object) {
  return kube::text_field(object, "/metadata/namespace") + "/" + kube::text_field(object, "/metadata/name");
}

bool condition_holds(const json::value& object, std::string_view type) {
  const auto& conditions = kube::array_field(object, "/status/conditions");
  return std::any_of(conditions.begin(), conditions.end(), [&](const json::value& condition) {
    return kube::text_field(condition, "/type") == type && kube::text_field(condition, "/status") == "True";
  });
}

bool is_word(std::string text, std::string_view lower) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text == lower;
}

void parse_agents(const json::value& daemon_set, LiveCluster& cluster) {
  if (!daemon_set.is_object()) return;
  cluster.agents = parse_daemon_set(daemon_set);
  for (const json::value& container : kube::array_field(daemon_set, "/spec/template/spec/containers")) {
    if (kube::text_field(container, "/name") != "cilium-agent") continue;
    cluster.cilium = version_of(kube::text_field(container, "/image"));
  }
  // Without kvstoremesh the names of the peers stand here.
  for (const json::value& alias : kube::array_field(daemon_set, "/spec/template/spec/hostAliases")) {
    for (const json::value& name : kube::array_field(alias, "/hostnames")) {
      if (name.is_string()) {
        cluster.host_aliases[std::string(name.as_string())].push_back(kube::text_field(alias, "/ip"));
      }
    }
  }
}

Workload parse_daemon_set(const json::value& daemon_set) {
  Workload workload;
  if (!daemon_set.is_object()) return workload;
  workload.exists = true;
  workload.wanted = kube::count_field(daemon_set, "/status/desiredNumberScheduled");
  workload.ready = kube::count_field(daemon_set, "/status/numberReady");
  return workload;
}

Workload parse_deployment(const json::value& deployment) {
  Workload workload;
  if (!deployment.is_object()) return workload;
  workload.exists = true;
  workload.wanted = kube::count_field(deployment, "/spec/replicas", 1);
  workload.ready = kube::count_field(deployment, "/status/readyReplicas");
  return workload;
}

void parse_apiserver(const json::value& deployment, LiveCluster& cluster) {
  cluster.apiserver = parse_deployment(deployment);
  for (const json::value& container : kube::array_field(deployment, "/spec/template/spec/containers")) {
    if (kube::text_field(container, "/name") == "kvstoremesh") cluster.has_kvstoremesh = true;
  }
  for (const json::value& alias : kube::array_field(deployment, "/spec/template/spec/hostAliases")) {
    for (const json::value& name : kube::array_field(alias, "/hostnames")) {
      if (name.is_string()) {
        cluster.host_aliases[std::string(name.as_string())].push_back(kube::text_field(alias, "/ip"));
      }
    }
  }
}

void parse_apiserver_service(const json::value& service, LiveCluster& cluster) {
  if (!service.is_object()) return;
  ApiServerService& view = cluster.apiserver_service;
  view.exists = true;
  view.type = kube::text_field(service, "/spec/type");
  if (view.type.empty()) view.type = "ClusterIP";
  if (const auto& ports = kube::array_field(service, "/spec/ports"); !ports.empty()) {
    view.port = kube::count_field(ports.front(), "/port");
    view.node_port = kube::count_field(ports.front(), "/nodePort");
  }
  for (const json::value& point : kube::array_field(service, "/status/loadBalancer/ingress")) {
    const std::string ip = kube::text_field(point, "/ip");
    view.addresses.push_back(ip.empty() ? kube::text_field(point, "/hostname") : ip);
  }
}

NodeView parse_node(const json::value& node) {
  NodeView view;
  view.name = kube::text_field(node, "/metadata/name");
  view.kubelet = kube::text_field(node, "/status/nodeInfo/kubeletVersion");
  view.ready = condition_holds(node, "Ready");
  for (const json::value& address : kube::array_field(node, "/status/addresses")) {
    if (kube::text_field(address, "/type") == "InternalIP") {
      add_address(view.addresses, kube::text_field(address, "/address"));
    }
  }
  add_prefixes(view.pods, kube::array_field(node, "/spec/podCIDRs"));
  return view;
}

NodeView parse_cilium_node(const json::value& node) {
  NodeView view;
  view.name = kube::text_field(node, "/metadata/name");
  view.has_cilium = true;
  for (const json::value& address : kube::array_field(node, "/spec/addresses")) {
    if (kube::text_field(address, "/type") == "InternalIP") {
      add_address(view.cilium_addresses, kube::text_field(address, "/ip"));
    }
  }
  add_prefixes(view.cilium_pods, kube::array_field(node, "/spec/ipam/podCIDRs"));
  return view;
}

void join_nodes(std::vector<NodeView> nodes, std::vector<NodeView> cilium_nodes, LiveCluster& cluster) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < nodes.size(); ++i) places[nodes[i].name] = i;
  for (NodeView& node : cilium_nodes) {
    const auto place = places.find(node.name);
    if (place == places.end()) {
      cluster.strange_cilium_nodes.push_back(node.name);
      continue;
    }
    NodeView& view = nodes[place->second];
    view.has_cilium = true;
    view.cilium_addresses = std::move(node.cilium_addresses);
    view.cilium_pods = std::move(node.cilium_pods);
  }
  cluster.nodes = std::move(nodes);
  if (!cluster.nodes.empty()) cluster.kubernetes = cluster.nodes.front().kubelet;
}

Observer parse_observer(const json::value& pod) {
  const auto labels = kube::labels_field(pod, "/metadata/labels");
  const auto app = labels.find("k8s-app");
  const bool agent = app != labels.end() && app->second == "cilium";
  Observer observer;
  observer.kind = agent ? Observer::Kind::agent : Observer::Kind::kvstoremesh;
  observer.pod = kube::text_field(pod, "/metadata/name");
  observer.node = kube::text_field(pod, "/spec/nodeName");
  observer.ready =
      condition_holds(pod, "Ready") && kube::text_field(pod, "/metadata/deletionTimestamp").empty();
  observer.image = image_of(pod, agent ? "cilium-agent" : "kvstoremesh");
  return observer;
}

}  // namespace meshdrill::status
